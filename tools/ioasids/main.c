// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioasids: see who holds PASIDs, under which limits, and set these. The manual is
 * ioasids.8, beside this file.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "ioasids.h"

enum command { LIST, EVENTS, TOP, WATCH, SET, RUN, NR_COMMANDS };

static const struct {
	const char *name, *usage, *what;
} commands[NR_COMMANDS] = {
	[LIST] = { "list", "[OPTION...] [CGROUP|UNIT]...",
		"Show cgroups, their limits, and who holds PASIDs. This is the default." },
	[EVENTS] = { "events", "[OPTION...] [CGROUP|UNIT]...",
		"Show where limits refused, how often, and for whom." },
	[TOP] = { "top", "[OPTION...] [CGROUP|UNIT]...", "Show them live, until q." },
	[WATCH] = { "watch", "[OPTION...] [CGROUP|UNIT]...",
		"Print a line for each refusal, as it happens." },
	[SET] = { "set", "CGROUP|UNIT N", "Set a limit: a number from 0 up, or max." },
	[RUN] = { "run", "--max N [OPTION...] [--] COMMAND [ARG]...",
		"Run a command under a limit of its own." },
};

/* What was asked for. */
static enum command command;
static char **words;
static size_t nr_words;
static bool has_command, wants_help, wants_version, prometheus;
static const char *file, *limit, *hook;
static struct scope scope;
static struct request request;

#define ALL	(BIT(NR_COMMANDS) - 1)
#define SHOWS	(BIT(LIST) | BIT(EVENTS))

static const struct {
	const char *name;
	char letter;
	int has_value;
	const char *usage, *what;
	unsigned int commands;
	bool *flag;
	const char **value;
} options[] = {
	{ "help", 'h', no_argument, "", "this", ALL, &wants_help, NULL },
	{ "version", 'V', no_argument, "", "which version this is", ALL, &wants_version, NULL },
	{ "all", 'a', no_argument, "", "also those without a limit that never held a PASID",
		SHOWS | BIT(TOP), &request.all, NULL },
	{ "json", 'J', no_argument, "", "JSON", SHOWS | BIT(WATCH), &request.json, NULL },
	{ "raw", 'r', no_argument, "", "columns for scripts", SHOWS, &request.raw, NULL },
	{ "noheadings", 'n', no_argument, "", "no line of headings", SHOWS, &request.no_headings,
		NULL },
	{ "output", 'o', required_argument, " LIST", "these columns", SHOWS, NULL,
		&request.columns },
	{ "no-holders", 0, no_argument, "", "not who holds PASIDs", BIT(LIST) | BIT(TOP),
		&request.no_holders, NULL },
	{ "prometheus", 0, optional_argument, "[=FILE]", "for Prometheus, in a file", BIT(LIST),
		&prometheus, &file },
	{ "exec", 0, required_argument, " COMMAND", "run it for each refusal", BIT(WATCH), NULL,
		&hook },
	{ "max", 0, required_argument, " N", "the limit: a number from 0 up, or max", BIT(RUN),
		NULL, &limit },
	{ "slice", 0, required_argument, " SLICE", "in that slice of systemd's", BIT(RUN), NULL,
		&scope.slice },
	{ "unit", 0, required_argument, " NAME", "in a scope of that name", BIT(RUN), NULL,
		&scope.unit },
	{ "collect", 0, no_argument, "", "forget the scope even if it fails", BIT(RUN),
		&scope.collect, NULL },
};

#define NR_OPTIONS	(sizeof(options) / sizeof(*options))
#define FIRST		256	/* what getopt_long() gives for the first one */

static void describe(void)
{
	for (size_t i = 0; !has_command && i < NR_COMMANDS; i++)
		printf("ioasids %s %s\n    %s\n", commands[i].name, commands[i].usage,
		       commands[i].what);
	if (has_command)
		printf("ioasids %s %s\n%s\n", commands[command].name, commands[command].usage,
		       commands[command].what);
	else
		printf("\nEach has a --help of its own. That of list:\n");
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		char letter[] = { '-', options[i].letter, ',', '\0' };

		if (options[i].commands & BIT(command))
			printf("  %-3s --%s%-*s %s\n", options[i].letter ? letter : "",
			       options[i].name, 18 - (int)strlen(options[i].name),
			       options[i].usage, options[i].what);
	}
	if (SHOWS & BIT(command))
		print_columns();
}

static void add_word(char *word)
{
	words = grow(words, nr_words, sizeof(*words));
	words[nr_words++] = word;
}

/* A word that is no option; whether it begins what is run, whose options are not ours. */
static bool take_word(char *word)
{
	enum command i = 0;

	while (i < NR_COMMANDS && (has_command || strcmp(word, commands[i].name)))
		i++;
	if (i == NR_COMMANDS && command == RUN)
		return true;
	if (i == NR_COMMANDS)
		add_word(word);
	else
		command = i;
	if (command == RUN)
		failure = EXIT_NOT_RUN;
	has_command = true;
	return false;
}

/* What getopt_long() did not take. */
static void wrong_option(int result, const char *word)
{
	if (result == ':')
		misused("%s wants a value; try 'ioasids --help'", word);
	if (optopt >= FIRST)
		misused("--%s takes no value; try 'ioasids --help'", options[optopt - FIRST].name);
	if (optopt)
		misused("-%c is no option; try 'ioasids --help'", optopt);
	misused("%s is no option; try 'ioasids --help'", word);
}

/* The place of an option in the table. */
static size_t find_option(int option)
{
	size_t i = 0;

	while (option < FIRST && options[i].letter != option)
		i++;
	return option < FIRST ? i : (size_t)option - FIRST;
}

static void parse(int argc, char **argv)
{
	struct option table[NR_OPTIONS + 1] = { 0 };
	bool used[NR_OPTIONS] = { false };
	int option;

	for (size_t i = 0; i < NR_OPTIONS; i++)
		table[i] = (struct option){ options[i].name, options[i].has_value, NULL,
					    FIRST + i };
	/* Words come in their order, and errors are ours. */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "-:hVaJrno:", table, NULL)) != -1) {
		size_t i;

		if (option == ':' || option == '?')
			wrong_option(option, argv[optind - 1]);
		if (option == 1 && take_word(optarg)) {
			optind--;
			break;
		}
		if (option == 1)
			continue;
		i = find_option(option);
		used[i] = true;
		if (options[i].flag)
			*options[i].flag = true;
		if (options[i].value)
			*options[i].value = optarg;
	}
	if (command == RUN)
		words = argv + optind;
	while (command != RUN && optind < argc)
		add_word(argv[optind++]);
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		if (used[i] && !(options[i].commands & BIT(command)))
			misused("--%s is no option of '%s'; try 'ioasids %s --help'",
				options[i].name, commands[command].name, commands[command].name);
	}
	if (request.json + request.raw + prometheus > 1)
		misused("only one of --json, --raw and --prometheus can be had");
}

/* The words are cgroups to look at. */
static void find_parts(void)
{
	for (size_t i = 0; i < nr_words; i++) {
		char *part = named_cgroup(words[i]);

		if (!is_there(part) && !i && !strchr(words[i], '/') && !is_unit(words[i]))
			misused("'%s' is no subcommand, cgroup or unit; try 'ioasids --help'",
				words[i]);
		if (!is_there(part))
			fail("%s", why_missing(part));
		request.parts = grow(request.parts, request.nr_parts, sizeof(part));
		request.parts[request.nr_parts++] = part;
	}
}

static int do_command(void)
{
	if (command == SET && nr_words != 2)
		misused("set wants a cgroup or unit, and a limit; try 'ioasids set --help'");
	if (command == RUN && !limit)
		misused("run wants --max N; try 'ioasids run --help'");
	if (command == RUN && !words[0])
		misused("run wants a command; try 'ioasids run --help'");
	find_mount();
	if (command == SET)
		return !!set_limit(named_cgroup(words[0]), words[1]);
	if (command == RUN)
		return run_command(&scope, limit, words);
	find_parts();
	request.events = command == EVENTS;
	request.no_holders |= request.events;
	if (command == TOP)
		return show_top(&request);
	if (command == WATCH)
		watch_refusals(&request, hook);
	if (prometheus)
		print_prometheus(file, &request);
	else
		print_list(&request);
	if (!file)
		close_or_fail(stdout, "standard output");
	return 0;
}

int main(int argc, char **argv)
{
	/* Names are bytes, and most often this. */
	setlocale(LC_CTYPE, "C.UTF-8");
	parse(argc, argv);
	if (!wants_help && !wants_version)
		return do_command();
	if (wants_help)
		describe();
	else
		puts("ioasids " VERSION);
	close_or_fail(stdout, "standard output");
	return 0;
}
