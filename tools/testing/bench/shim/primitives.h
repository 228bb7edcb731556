/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's sources find in user space: locks, atomics, RCU, memory,
 * files. Included before anything else, in each of them. Every subject of the
 * benchmark gets the same:
 *
 * - A spinlock is a ticket lock: one locked instruction to take it, a store to
 *   let it go, as for the kernel's own where no hypervisor has it otherwise.
 *   Interrupts are not switched off, and preemption is not counted.
 * - RCU readers cost nothing. Memory that waits for a grace period is freed at
 *   once: nothing that is measured reads a tree without its lock. Under a sanitizer
 *   it waits for rcu_barrier().
 * - Slab caches with a constructor keep their objects constructed, in a list for
 *   each thread; the rest is malloc(). Under a sanitizer it is all malloc(), so
 *   that a use after free is seen.
 * - Static branches, tracepoints and notifications are as they are when nobody
 *   looks: a test that fails, or nothing.
 *
 * Loads and stores that are marked in the kernel are atomic here, and those that
 * are not are not, so that ThreadSanitizer sees what KCSAN would.
 */
#ifndef BENCH_PRIMITIVES_H
#define BENCH_PRIMITIVES_H

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/align.h>
#include <linux/args.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <asm/bug.h>

#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define data_race(x)		(x)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

#define __cleanup(f)		__attribute__((cleanup(f), unused))
#define __nonnull_args(args...)	__attribute__((__nonnull__(args)))
#define __UNIQUE_ID(prefix)	__PASTE(prefix, __COUNTER__)
#define typeof_member(t, m)	typeof(((t *)0)->m)
#define CACHELINE_PADDING(name)	char name[0] __aligned(64)
#define ____cacheline_internodealigned_in_smp __aligned(64)
#define cond_resched()		do { } while (0)
#define might_sleep()		do { } while (0)
#define swap(a, b)		do { typeof(a) was = (a); (a) = (b); (b) = was; } while (0)
#define PAGE_SIZE		4096
#define U32_MAX			UINT_MAX
#define U64_MAX			ULONG_MAX

/* Atomics */
typedef struct {
	s64 counter;
} atomic64_t;

#define ATOMIC_INIT(i)			{ (i) }
#define ATOMIC_LONG_INIT(i)		{ (i) }
#define atomic_read(v)			READ_ONCE((v)->counter)
#define atomic64_read(v)		READ_ONCE((v)->counter)
#define atomic64_set(v, i)		WRITE_ONCE((v)->counter, i)
#define atomic64_inc(v)			((void)__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_RELAXED))
#define atomic64_add_return(i, v)	__atomic_add_fetch(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define atomic64_add_negative(i, v)	(atomic64_add_return(i, v) < 0)
#define atomic64_cmpxchg(v, old, new)	__sync_val_compare_and_swap(&(v)->counter, old, new)
#define atomic_long_read(v)		READ_ONCE((v)->counter)
#define atomic_long_set(v, i)		WRITE_ONCE((v)->counter, i)
#define atomic_long_add(i, v)		((void)__atomic_add_fetch(&(v)->counter, i, __ATOMIC_RELAXED))
#define atomic_long_sub(i, v)		((void)__atomic_sub_fetch(&(v)->counter, i, __ATOMIC_RELAXED))
#define atomic_long_add_return(i, v)	__atomic_add_fetch(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define atomic_long_sub_return(i, v)	__atomic_sub_fetch(&(v)->counter, i, __ATOMIC_SEQ_CST)
#define atomic_long_xchg(v, i)		xchg(&(v)->counter, i)

typedef atomic_t refcount_t;

static inline void refcount_inc(refcount_t *r)
{
	__atomic_add_fetch(&r->counter, 1, __ATOMIC_RELAXED);
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	return !__atomic_sub_fetch(&r->counter, 1, __ATOMIC_ACQ_REL);
}

/* Locks */
typedef struct {
	u16 owner;
	u16 next;
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(x)	((spinlock_t){ })
#define DEFINE_SPINLOCK(x)	spinlock_t x

static inline void spin_lock_init(spinlock_t *lock)
{
	*lock = (spinlock_t){ };
}

#ifdef CONFIG_BENCH_CHECKS
/* More threads than CPUs: fairness would have them wait for one that does not run. */
static inline void spin_lock(spinlock_t *lock)
{
	while (__atomic_exchange_n(&lock->owner, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static inline void spin_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->owner, 0);
}

#define lockdep_assert_held(l)	WARN_ON(!READ_ONCE((l)->owner))
#define cond_resched_lock(l)	do { spin_unlock(l); sched_yield(); spin_lock(l); } while (0)
#else
static inline void spin_lock(spinlock_t *lock)
{
	u16 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (unlikely(smp_load_acquire(&lock->owner) != ticket))
		__builtin_ia32_pause();
}

static inline void spin_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->owner, READ_ONCE(lock->owner) + 1);
}

#define lockdep_assert_held(l)	do { } while (0)
#define cond_resched_lock(l)	do { } while (0)
#endif

#define spin_lock_irq(l)		spin_lock(l)
#define spin_unlock_irq(l)		spin_unlock(l)
#define spin_lock_bh(l)			spin_lock(l)
#define spin_unlock_bh(l)		spin_unlock(l)
#define spin_lock_nested(l, c)		spin_lock(l)
#define spin_lock_irqsave(l, f)		do { (f) = 0; spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, f)	do { (void)(f); spin_unlock(l); } while (0)

#define lockdep_is_held(l)		1

/* RCU and CPUs */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define rcu_read_lock()			barrier()
#define rcu_read_unlock()		barrier()
#define rcu_dereference(p)		__atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_dereference_raw(p)		rcu_dereference(p)
#define rcu_dereference_check(p, c)	rcu_dereference(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), v)
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)

#ifdef CONFIG_BENCH_CHECKS
void rcu_defer(struct rcu_head *head, void (*func)(struct rcu_head *head));
#define call_rcu(head, func)		rcu_defer(head, func)
/* The caller knows that no reader is left. */
void rcu_barrier(void);
#else
#define call_rcu(head, func)		(func)(head)
#endif

#define DEFINE_PER_CPU(type, name)	__thread type name
#define DECLARE_PER_CPU(type, name)	extern __thread type name
#define this_cpu_ptr(p)			(p)
#define per_cpu(name, cpu)		(name)
#define in_interrupt()			0
#define cpuhp_setup_state_nocalls(...)	0

typedef struct { } local_lock_t;
#define INIT_LOCAL_LOCK(name)		{ }
#define local_lock(l)			do { } while (0)
#define local_unlock(l)			do { } while (0)

/* cleanup.h wants locks to be there, and nothing of what follows. */
#include <linux/cleanup.h>
DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())
DEFINE_LOCK_GUARD_1(spinlock, spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))

/* Memory */
struct kmem_cache;
struct list_lru;

/* What has been allocated, as the kernel's size classes have it. */
extern __thread unsigned long allocated_bytes;
/* How many objects there are, where that is checked. */
extern long live_objects;

void *kmalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *));
void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

#define SLAB_PANIC			0
#define SLAB_RECLAIM_ACCOUNT		0
#define kzalloc(size, gfp)		kmalloc(size, (gfp) | __GFP_ZERO)
#define kzalloc_obj(p, ...)		((typeof(p) *)kzalloc(sizeof(p), default_gfp(__VA_ARGS__)))
#define kmem_cache_alloc(cache, gfp)	kmem_cache_alloc_lru(cache, NULL, gfp)
#define kmemleak_update_trace(p)	do { } while (0)

/* Text */
char *skip_spaces(const char *s);
char *strim(char *s);
#define strstrip(s)			strim(s)
#include <linux/kstrtox.h>

/* Files. What is printed to them can be read back. */
struct seq_file {
	char buf[4096];
	size_t count;
	size_t pad_until;
	void *private;
};

struct seq_operations {
	void *(*start)(struct seq_file *sf, loff_t *pos);
	void (*stop)(struct seq_file *sf, void *v);
	void *(*next)(struct seq_file *sf, void *v, loff_t *pos);
	int (*show)(struct seq_file *sf, void *v);
};

#define SEQ_SKIP			1

struct file_operations {
	const struct seq_operations *sops;
};

#define DEFINE_SEQ_ATTRIBUTE(name) \
	static const struct file_operations name##_fops = { .sops = &name##_sops }

void seq_printf(struct seq_file *sf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define seq_puts(sf, s)			seq_printf(sf, "%s", s)
#define seq_putc(sf, c)			seq_printf(sf, "%c", c)
#define seq_escape(sf, s, chars)	seq_puts(sf, s)
#define seq_setwidth(sf, width)		((sf)->pad_until = (sf)->count + (width))
void seq_pad(struct seq_file *sf, char c);

static inline size_t seq_get_buf(struct seq_file *sf, char **buf)
{
	*buf = sf->buf + sf->count;
	return sizeof(sf->buf) - sf->count;
}

static inline void seq_commit(struct seq_file *sf, int n)
{
	sf->count = n < 0 ? sizeof(sf->buf) : sf->count + n;
}

/* No path here has anything to escape. */
static inline char *seq_mangle_path(char *to, const char *from, const char *escaped)
{
	size_t len = strlen(from);

	memmove(to, from, len);
	return to + len;
}

/* The one table in debugfs. */
extern const struct file_operations *debugfs_table;
#define debugfs_create_file(name, mode, parent, data, fops) \
	(debugfs_table = (fops))

/* Modules and tracepoints */
#define EXPORT_SYMBOL_NS_GPL(symbol, namespace)	extern int no_module
#define __init
#define late_initcall(function) \
	static void __attribute__((constructor)) initcall_##function(void) { function(); }

#define TP_PROTO(args...)		args
#define TP_ARGS(args...)
#define NO_TRACE(name, proto) \
	static inline void trace_##name(proto) { } \
	static inline bool trace_##name##_enabled(void) { return false; }
#define TRACE_EVENT(name, proto, ...)	NO_TRACE(name, TP_PROTO(proto))
#define DECLARE_EVENT_CLASS(name, ...)
#define DEFINE_EVENT(class, name, proto, ...) NO_TRACE(name, TP_PROTO(proto))

#endif /* BENCH_PRIMITIVES_H */
