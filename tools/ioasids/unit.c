// SPDX-License-Identifier: GPL-2.0-only
/* What systemd does for us: it knows where units are, and makes scopes. */
#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "ioasids.h"

#define SYSTEMD		"org.freedesktop.systemd1"
#define MANAGER_PATH	"/org/freedesktop/systemd1"
#define MANAGER		SYSTEMD ".Manager"

/**
 * is_unit() - whether a word can be the name of a unit
 * @name: the word
 *
 * Return: true if it has no slash and ends as units with a cgroup do.
 */
bool is_unit(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strchr(name, '/') &&
		has_word("service slice scope socket mount swap", dot + 1, " ");
}

/* That of the system, or of the user. */
static sd_bus *open_bus(bool user)
{
	sd_bus *bus;
	int error = user ? sd_bus_open_user(&bus) : sd_bus_open_system(&bus);

	if (error < 0)
		fail("systemd%s does not answer on D-Bus: %s", user ? " of the user" : "",
		     strerror(-error));
	return bus;
}

/* "org.freedesktop.systemd1.Scope" for a scope. */
static char *interface(const char *unit)
{
	char *name = format(SYSTEMD "%s", strrchr(unit, '.'));
	char *first = name + strlen(SYSTEMD) + 1;

	*first = toupper(*first);
	return name;
}

/* A property of a unit; NULL where it has none. */
static char *property(sd_bus *bus, const char *unit, const char *name)
{
	char *type = interface(unit), *path = NULL, *value = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path) < 0)
		fail("%s: no name of a unit", unit);
	if (sd_bus_get_property_string(bus, SYSTEMD, path, type, name, &error, &value) < 0)
		fail("%s: systemd does not know: %s", unit, error.message ?: "no answer");
	sd_bus_error_free(&error);
	free(path);
	free(type);
	if (value && !*value) {
		free(value);
		value = NULL;
	}
	return value;
}

/* Where a unit is, from the root of the mount. */
static char *cgroup_of(sd_bus *bus, const char *unit)
{
	char *path = property(bus, unit, "ControlGroup"), *cgroup;
	const char *below;

	if (!path)
		fail("%s: it has no cgroup; is it running?", unit);
	below = mounted.whole ? path : below_mount(path);
	if (!below)
		fail("%s: %s is not below %s", unit, path, mounted.dir);
	cgroup = format("%s", below);
	free(path);
	return cgroup;
}

/**
 * unit_cgroup() - where systemd has put a unit
 * @unit: its name
 *
 * Ends with an error if it does not run.
 *
 * Return: the path from the root of the mount, to be freed.
 */
char *unit_cgroup(const char *unit)
{
	sd_bus *bus = open_bus(false);
	char *cgroup = cgroup_of(bus, unit);

	sd_bus_flush_close_unref(bus);
	return cgroup;
}

struct job {
	char *path;
	char result[16];	/* empty: it has not ended */
};

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *result;

	(void)error;
	if (sd_bus_message_read(message, "uoss", NULL, &path, NULL, &result) >= 0 &&
	    job->path && !strcmp(path, job->path))
		snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

/* The end of a job that @reply is about is waited for; whether it was "done". */
static bool wait_for_job(sd_bus *bus, sd_bus_message *reply, struct job *job)
{
	const char *path;
	int nr;

	if (sd_bus_message_read(reply, "o", &path) < 0)
		return false;
	job->path = format("%s", path);
	while (!*job->result) {
		nr = sd_bus_process(bus, NULL);
		if (nr < 0 || (!nr && sd_bus_wait(bus, UINT64_MAX) < 0))
			break;
	}
	free(job->path);
	return !strcmp(job->result, "done");
}

static void watch_jobs(sd_bus *bus, struct job *job)
{
	if (sd_bus_match_signal(bus, NULL, SYSTEMD, MANAGER_PATH, MANAGER, "JobRemoved",
				job_removed, job) < 0)
		fail("systemd does not say when it has finished");
}

/* The slice that we are in, as @bus's systemd knows it, or NULL. */
static char *own_slice(sd_bus *bus)
{
	sd_bus_message *reply = NULL;
	char *unit = NULL, *slice = NULL;
	const char *path;

	/* 0 is who asks: numbers of processes may mean others to systemd. */
	if (sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER, "GetUnitByPID", NULL, &reply,
			       "u", 0) >= 0 &&
	    sd_bus_message_read(reply, "o", &path) >= 0 &&
	    sd_bus_path_decode(path, MANAGER_PATH "/unit", &unit) > 0)
		slice = strcmp(strrchr(unit, '.'), ".slice") ? property(bus, unit, "Slice") :
			format("%s", unit);
	free(unit);
	sd_bus_message_unref(reply);
	return slice;
}

/* Ask for the scope; it is there when the job has ended. */
static void ask_for_scope(sd_bus *bus, const struct scope *scope, const char *slice)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *message, *reply = NULL;
	struct job job = { 0 };
	int bad;

	watch_jobs(bus, &job);
	bad = sd_bus_message_new_method_call(bus, &message, SYSTEMD, MANAGER_PATH, MANAGER,
					     "StartTransientUnit");
	if (bad >= 0)
		bad = sd_bus_message_append(message, "ss", scope->unit, "fail");
	if (bad >= 0)
		bad = sd_bus_message_open_container(message, 'a', "(sv)");
	if (bad >= 0)
		bad = sd_bus_message_append(message, "(sv)(sv)", "PIDs", "au", 1, 0,
					    "Description", "s", "ioasids run");
	if (bad >= 0 && slice)
		bad = sd_bus_message_append(message, "(sv)", "Slice", "s", slice);
	if (bad >= 0 && scope->collect)
		bad = sd_bus_message_append(message, "(sv)", "CollectMode", "s",
					    "inactive-or-failed");
	if (bad >= 0)
		bad = sd_bus_message_close_container(message);
	if (bad >= 0)
		bad = sd_bus_message_append(message, "a(sa(sv))", 0);
	if (bad >= 0)
		bad = sd_bus_call(bus, message, 0, &error, &reply);
	if (bad < 0)
		fail("%s: systemd does not make it: %s", scope->unit,
		     error.message ?: strerror(-bad));
	if (!wait_for_job(bus, reply, &job))
		fail("%s: systemd has not made it: %s", scope->unit, job.result);
	sd_bus_message_unref(reply);
	sd_bus_message_unref(message);
}

/**
 * start_scope() - move the calling process to a transient scope of systemd's
 * @scope: its name, its slice, and whether it is forgotten where it fails
 *
 * It is the system's systemd for root, the user's for others. Ends with an error if it
 * does not make the scope.
 *
 * Return: the cgroup of the scope, from the root of the mount, to be freed.
 */
char *start_scope(const struct scope *scope)
{
	sd_bus *bus = open_bus(geteuid());
	char *own = scope->slice ? NULL : own_slice(bus), *cgroup;

	ask_for_scope(bus, scope, scope->slice ?: own);
	cgroup = cgroup_of(bus, scope->unit);
	free(own);
	sd_bus_flush_close_unref(bus);
	return cgroup;
}

/**
 * stop_scope() - kill what is left in a scope, and wait until it is gone
 * @scope: the scope, which may be gone already
 */
void stop_scope(const struct scope *scope)
{
	sd_bus *bus = open_bus(geteuid());
	sd_bus_message *reply = NULL;
	struct job job = { 0 };

	watch_jobs(bus, &job);
	sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER, "KillUnit", NULL, NULL, "ssi",
			   scope->unit, "all", SIGKILL);
	if (sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER, "StopUnit", NULL, &reply, "ss",
			       scope->unit, "fail") >= 0 &&
	    !wait_for_job(bus, reply, &job))
		warnx("%s cannot be stopped: %s", scope->unit, job.result);
	sd_bus_message_unref(reply);
	sd_bus_flush_close_unref(bus);
}
