/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ioasids controller does with accounts. The events of the PASIDs
 * themselves, in the same system, are in trace/events/ioasid.h.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ioasid

#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE cgroup_ioasids

#if !defined(_TRACE_CGROUP_IOASIDS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_CGROUP_IOASIDS_H

#include <linux/cgroup.h>
#include <linux/pid.h>
#include <linux/tracepoint.h>

TRACE_EVENT(ioasid_refuse,
	    TP_PROTO(struct pid *tgid, struct cgroup_subsys_state *payer,
		     struct cgroup_subsys_state *limit),
	    TP_ARGS(tgid, payer, limit),

	    TP_STRUCT__entry(__field(pid_t, tgid)
			     __field(u64, cgroup)
			     __field(u64, limit)
	    ),

	    TP_fast_assign(__entry->tgid = pid_nr(tgid);
			   __entry->cgroup = cgroup_id(payer->cgroup);
			   __entry->limit = cgroup_id(limit->cgroup);
	    ),

	    TP_printk("tgid=%d cgroup=%llu limit=%llu",
		      __entry->tgid, __entry->cgroup, __entry->limit)
);

TRACE_EVENT(ioasid_move,
	    TP_PROTO(struct pid *tgid, unsigned long nr,
		     struct cgroup_subsys_state *from,
		     struct cgroup_subsys_state *to),
	    TP_ARGS(tgid, nr, from, to),

	    TP_STRUCT__entry(__field(pid_t, tgid)
			     __field(unsigned long, nr)
			     __field(u64, from)
			     __field(u64, to)
	    ),

	    TP_fast_assign(__entry->tgid = pid_nr(tgid);
			   __entry->nr = nr;
			   __entry->from = cgroup_id(from->cgroup);
			   __entry->to = cgroup_id(to->cgroup);
	    ),

	    TP_printk("tgid=%d nr=%lu from=%llu to=%llu",
		      __entry->tgid, __entry->nr, __entry->from, __entry->to)
);

#endif /* _TRACE_CGROUP_IOASIDS_H */

#include <trace/define_trace.h>
