/* The subcommands, a file each, and what they share. */
#ifndef HOWCOIN_CLI_CLI_H
#define HOWCOIN_CLI_CLI_H

#include "cli/arguments.h"
#include "core/error.h"

#define PROGRAM "howcoin-node"

/* Exit statuses; scripts rely on them. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_WRONG_USAGE = 2 };

/* Each takes how the program was called, and as argv[0] the command's name; it returns the exit status. */
int command_run(const char *program, int argc, char **argv);
int command_status(const char *program, int argc, char **argv);
int command_wait(const char *program, int argc, char **argv);
int command_watch(const char *program, int argc, char **argv);
int command_pay(const char *program, int argc, char **argv);
int command_history(const char *program, int argc, char **argv);
int command_tag(const char *program, int argc, char **argv);
int command_id(const char *program, int argc, char **argv);
int command_leave(const char *program, int argc, char **argv);
int command_simulate(const char *program, int argc, char **argv);

/* One line on standard error; returns the exit status. `command` is whose --help is pointed to; empty: the
 * program's. */
int cli_wrong_usage(const char *command, const struct complaint *complaint);
int cli_failed(const char *words);
/* The --help of a command on standard output; returns the exit status. */
int cli_help(const struct argument_syntax *syntax);
/* Text on standard output, all of it; returns the exit status. */
int cli_print(const struct textbuf *buf);
int cli_print_version(void);

#endif
