/* howcoin-node: finds the subcommand and runs it. Without one, `run` is meant. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/view.h"

static const struct command {
    const char *name;
    int (*run)(const char *program, int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", command_run, "run a node (also without saying run)"},
    {"status", command_status, "show what a running node knows"},
    {"wait", command_wait, "wait until a node knows so many live ones"},
    {"watch", command_watch, "follow what happens, as lines of JSON"},
    {"pay", command_pay, "let a node pay another one"},
    {"history", command_history, "show what a node paid and received"},
    {"tag", command_tag, "change a node's tags, which all others see"},
    {"id", command_id, "show a node's id and address, to give to a payer"},
    {"leave", command_leave, "let a node say goodbye and end"},
    {"simulate", command_simulate, "see what a network of so many nodes costs and bears"},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static int print_help(void)
{
    struct textbuf buf = {0};

    textbuf_printf(&buf,
                   "usage: %s\n"
                   "       howcoin-node COMMAND [OPTION]...\n\n"
                   "A node of a gossip network in which every node holds coins. Try it in two terminals:\n\n"
                   "    howcoin-node --port 8000\n"
                   "    howcoin-node --port 8001 --peer 8000\n\n"
                   "commands (howcoin-node COMMAND --help says more):\n",
                   run_syntax.usage);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        textbuf_printf(&buf, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    textbuf_puts(&buf, "\noptions of run:\n");
    arguments_help_options(&buf, &run_syntax);
    textbuf_puts(&buf, "\nexit status: 0 after Ctrl-C or SIGTERM, 1 if it cannot run, 2 for wrong usage\n");
    int status = cli_print(&buf);
    textbuf_free(&buf);
    return status;
}

/* What is opened later must not get the numbers of standard input, output and error, if somebody closed them. */
static void standard_streams_open(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            _exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    const char *program = argc > 0 && argv[0][0] != '\0' ? argv[0] : PROGRAM;
    static char name[] = PROGRAM;
    char *none[] = {name, NULL};

    standard_streams_open();
    view_init();
    if (argc < 1) { /* execve allows it */
        argc = 1;
        argv = none;
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)) {
        return print_help();
    }
    for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(program, argc - 1, argv + 1);
        }
    }
    return command_run(program, argc, argv);
}
