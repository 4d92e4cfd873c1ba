/* What a subcommand is, and how all of them speak: exit statuses, errors on standard error, results on standard
 * output. */
#ifndef HOWCOIN_CLI_CLI_H
#define HOWCOIN_CLI_CLI_H

#include "cli/arguments.h"

#define PROGRAM "howcoin-node"

/* Exit statuses; scripts rely on them. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_WRONG_USAGE = 2 };

/* A subcommand. commands.h lists them. */
struct command {
    const char *name;
    const char *summary; /* its line in the list of commands: an imperative, without a full stop */
    const struct argument_syntax *syntax;
    /* Does it, with the options that the syntax made of the command line. Returns the exit status. */
    int (*run)(const void *options);
};

/* Reads the command line, shows help or what is wrong with it, or runs the command. `called` is the name by which
 * it was called, empty if none was given. Returns the exit status. */
int cli_call(const struct command *command, const char *called, int argc, char **argv);

/* One line on standard error; returns the exit status. `called` is the command whose --help is pointed to; empty: the
 * program's. */
int cli_wrong_usage(const char *called, const struct complaint *complaint);
int cli_failed(const char *words);

/* On standard output, all of it and at once; returns the exit status, after a line on standard error if that fails. */
int cli_help(const struct argument_syntax *syntax);
int cli_print_version(void);
int cli_print(const struct textbuf *buf);
/* Text of any length and the end of its line. */
int cli_print_line(const char *line);

#endif
