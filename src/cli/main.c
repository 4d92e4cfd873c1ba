/* howcoin-node: finds the subcommand and runs it. Without one, `run` is meant. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/alike.h"
#include "cli/commands.h"
#include "cli/view.h"

static const struct command *const commands[] = {
#define X(name) &command_##name,
    COMMANDS(X)
#undef X
        NULL};

/* NULL if there is none. */
static const struct command *find(const char *name)
{
    const struct command *const *at = commands;

    while (*at && strcmp((*at)->name, name) != 0) {
        at++;
    }
    return *at;
}

/* What is neither a command nor the beginning of what `run` takes. */
static int unknown(const char *word, const char *expected)
{
    struct complaint complaint;
    const char *meant = NULL;

    for (const struct command *const *at = commands; *at && !meant; at++) {
        meant = alike(word, strlen(word), (*at)->name) ? (*at)->name : NULL;
    }
    (void)complain(&complaint, "'%.100s' is %s%s%s%s", word, expected, meant ? " (did you mean '" : "",
                   meant ? meant : "", meant ? "'?)" : "");
    return cli_wrong_usage("", &complaint);
}

static int print_help(void)
{
    struct textbuf buf = {0};

    textbuf_printf(&buf,
                   "usage: %s\n"
                   "       howcoin-node COMMAND [OPTION]...\n"
                   "       howcoin-node help [COMMAND]\n\n"
                   "A node of a gossip network in which every node holds coins. Try it in two\n"
                   "terminals:\n\n"
                   "    howcoin-node --port 8000\n"
                   "    howcoin-node --port 8001 --peer 8000\n\n"
                   "commands:\n",
                   command_run.syntax->usage);
    for (const struct command *const *at = commands; *at; at++) {
        textbuf_printf(&buf, "  %-9s %s\n", (*at)->name, (*at)->summary);
    }
    textbuf_puts(&buf, "\n'howcoin-node help COMMAND' describes a command and its options.\n\noptions of run:\n");
    arguments_help_options(&buf, command_run.syntax);
    textbuf_puts(&buf, "\nexit status: 0 after Ctrl-C or SIGTERM, 1 if it cannot run, 2 for wrong usage\n");
    int status = cli_print(&buf);
    textbuf_free(&buf);
    return status;
}

/* help, or help COMMAND. */
static int help(int argc, char **argv)
{
    if (argc < 2) {
        return print_help();
    }
    const struct command *command = find(argv[1]);
    return command ? cli_help(command->syntax) : unknown(argv[1], "not a command");
}

/* What is opened later must not get the numbers of standard input, output and error, if these are closed. */
static void standard_streams_open(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            _exit(1);
        }
    }
}

/* Whether it can be neither an option nor a port, with which `run` begins. */
static bool is_word(const char *argument)
{
    return *argument != '\0' && *argument != '-' && (*argument < '0' || *argument > '9');
}

int main(int argc, char **argv)
{
    static char name[] = PROGRAM;
    char *none[] = {name, NULL};

    standard_streams_open();
    view_init();
    if (argc < 1) { /* execve allows it */
        argc = 1;
        argv = none;
    }
    if (!program_invocation_name || *program_invocation_name == '\0') {
        program_invocation_name = name;
    }
    if (argc < 2) {
        return cli_call(&command_run, "", argc, argv);
    }
    const char *first = argv[1];
    if (strcmp(first, "help") == 0) {
        return help(argc - 1, argv + 1);
    }
    if (argc == 2 && (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)) {
        return print_help();
    }
    const struct command *command = find(first);
    if (command) {
        return cli_call(command, command->name, argc - 1, argv + 1);
    }
    return is_word(first) ? unknown(first, "neither a command nor a port") : cli_call(&command_run, "", argc, argv);
}
