// SPDX-License-Identifier: GPL-2.0-only
/*
 * stall DEVICE N: in a cgroup with a memory.max, use up its memory but for a page,
 * and stop. Once continued, N children open DEVICE, one after the other, and keep
 * it. When the last of them has its outcome, the memory is given back, a line is
 * printed for each outcome, "150 bound", "50 ENOMEM", and this stops once more. The
 * children stay until it is killed.
 *
 * Each child has a file open before the memory is gone and closes it first. What
 * that gives back stays with the CPU, and each child stays on one, so that the new
 * file needs no more. The OOM killer may kill none of them, and nothing can be
 * reclaimed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAX_ERRNO	4096
/* More than any memory.max that this is for. */
#define MOST_MEMORY	(256UL << 20)
#define SPARE_PAGES	1

/* What the children share; nothing that they do with it takes memory. */
struct shared {
	sem_t turn;
	/* How many met each errno; 0 is a success. */
	int outcomes[MAX_ERRNO];
};

static struct shared *shared;

/* A page fault that finds no memory is retried for ever: have what is needed later. */
static void populate(void)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *stack = (char *)((uintptr_t)__builtin_frame_address(0) & -page);

	if (madvise(stack - page, 2 * page, MADV_POPULATE_WRITE) ||
	    madvise(shared, sizeof(*shared), MADV_POPULATE_WRITE))
		_exit(1);
	errno = 0;
}

static void child(const char *device, int cpu, int done)
{
	int file = open("/dev/null", O_RDONLY);
	cpu_set_t cpus;
	int result;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (file < 0 || sched_setaffinity(0, sizeof(cpus), &cpus))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	populate();
	if (write(done, "", 1) != 1)
		_exit(1);

	while (sem_wait(&shared->turn))
		;
	close(file);
	result = open(device, O_RDWR) < 0 ? errno : 0;
	shared->outcomes[result]++;
	sem_post(&shared->turn);
	close(done);
	for (;;)
		pause();
}

static void be_unkillable(void)
{
	int adj = open("/proc/self/oom_score_adj", O_WRONLY);

	if (adj < 0 || write(adj, "-1000", 5) != 5)
		err(2, "oom_score_adj");
	close(adj);
}

/* Lock page after page until the cgroup has no more, and give back those to spare. */
static char *use_up_memory(void)
{
	char *memory = mmap(NULL, MOST_MEMORY, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED || mlock2(memory, MOST_MEMORY, MLOCK_ONFAULT))
		err(2, "mlock");
	if (!madvise(memory, MOST_MEMORY, MADV_POPULATE_WRITE) || errno != ENOMEM)
		errx(2, "the cgroup has no fit memory.max");
	if (madvise(memory, SPARE_PAGES * sysconf(_SC_PAGESIZE), MADV_DONTNEED_LOCKED))
		err(2, "madvise");
	return memory;
}

int main(int argc, char **argv)
{
	int children = argc == 3 ? atoi(argv[2]) : 0;
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int done[2];
	char *memory;
	char byte;

	if (children < 1)
		errx(2, "usage: stall DEVICE N");

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED || sem_init(&shared->turn, 1, 0) || pipe(done))
		err(2, "set up");

	be_unkillable();
	for (int i = 0; i < children; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (!pid) {
			close(done[0]);
			child(argv[1], i % cpus, done[1]);
		}
	}
	close(done[1]);
	for (int i = 0; i < children; i++) {
		if (read(done[0], &byte, 1) != 1)
			errx(2, "a child has failed");
	}

	/* What the children shared with this has become its own again. */
	if (mlockall(MCL_CURRENT))
		err(2, "mlockall");
	memory = use_up_memory();
	raise(SIGSTOP);
	sem_post(&shared->turn);

	/* End of file: the last one has its outcome. */
	if (read(done[0], &byte, 1))
		err(2, "read");
	munmap(memory, MOST_MEMORY);
	for (int i = 0; i < MAX_ERRNO; i++) {
		if (shared->outcomes[i])
			printf("%d %s\n", shared->outcomes[i],
			       i ? strerrorname_np(i) : "bound");
	}
	fclose(stdout);
	raise(SIGSTOP);
	return 0;
}
