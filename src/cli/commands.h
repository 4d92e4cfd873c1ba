/* Every subcommand, in the order in which --help lists them. A new one is a file that defines `command_NAME`, and a
 * line here. */
#ifndef HOWCOIN_CLI_COMMANDS_H
#define HOWCOIN_CLI_COMMANDS_H

#include "cli/cli.h"

#define COMMANDS(X) \
    X(run)          \
    X(status)       \
    X(links)        \
    X(why)          \
    X(wait)         \
    X(watch)        \
    X(pay)          \
    X(history)      \
    X(tag)          \
    X(id)           \
    X(leave)        \
    X(simulate)

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

#endif
