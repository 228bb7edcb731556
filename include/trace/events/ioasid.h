/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PASIDs taken and given back, of the shared number space or through iommufd.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ioasid

#if !defined(_TRACE_IOASID_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IOASID_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(ioasid_pasid,
		    TP_PROTO(u32 pasid, const char *user, pid_t tgid, u64 cgroup),
		    TP_ARGS(pasid, user, tgid, cgroup),

		    TP_STRUCT__entry(__field(u32, pasid)
				     __string(user, user)
				     __field(pid_t, tgid)
				     __field(u64, cgroup)
		    ),

		    TP_fast_assign(__entry->pasid = pasid;
				   __assign_str(user);
				   __entry->tgid = tgid;
				   __entry->cgroup = cgroup;
		    ),

		    TP_printk("pasid=%u user=%s tgid=%d cgroup=%llu",
			      __entry->pasid, __get_str(user), __entry->tgid,
			      __entry->cgroup)
);

DEFINE_EVENT(ioasid_pasid, ioasid_alloc,
	     TP_PROTO(u32 pasid, const char *user, pid_t tgid, u64 cgroup),
	     TP_ARGS(pasid, user, tgid, cgroup)
);

DEFINE_EVENT(ioasid_pasid, ioasid_free,
	     TP_PROTO(u32 pasid, const char *user, pid_t tgid, u64 cgroup),
	     TP_ARGS(pasid, user, tgid, cgroup)
);

#endif /* _TRACE_IOASID_H */

#include <trace/define_trace.h>
