/* From a command line to a running command, and what commands print. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"

#ifndef HOWCOIN_VERSION
#define HOWCOIN_VERSION "(unknown version)"
#endif

int cli_call(const struct command *command, const char *called, int argc, char **argv)
{
    struct complaint complaint;
    int status = CLI_FAILED;

    ASSERT(command->name && command->summary && command->run && argc >= 1);
    void *options = malloc(command->syntax->options_bytes); /* those of `run` are too large for the stack */
    if (!options) {
        return cli_failed("out of memory");
    }
    switch (arguments_read(command->syntax, options, argc, argv, &complaint)) {
    case ARGUMENTS_HELP:
        status = cli_help(command->syntax);
        break;
    case ARGUMENTS_WRONG:
        status = cli_wrong_usage(called, &complaint);
        break;
    case ARGUMENTS_OK:
        status = command->run(options);
        break;
    }
    free(options);
    ASSERT(status == CLI_OK || status == CLI_FAILED || status == CLI_WRONG_USAGE);
    return status;
}

/* ---- standard error ---- */

int cli_wrong_usage(const char *called, const struct complaint *complaint)
{
    ASSERT(complaint->text[0] != '\0' && !strchr(complaint->text, '\n'));
    (void)fprintf(stderr, PROGRAM ": %s; see '" PROGRAM "%s%s --help'\n", complaint->text, *called != '\0' ? " " : "",
                  called);
    return CLI_WRONG_USAGE;
}

int cli_failed(const char *words)
{
    ASSERT(words[0] != '\0');
    (void)fprintf(stderr, PROGRAM ": %s\n", words);
    return CLI_FAILED;
}

/* ---- standard output ---- */

int cli_print(const struct textbuf *buf)
{
    if (buf->failed) {
        return cli_failed("out of memory");
    }
    if (fwrite(buf->text, 1, buf->bytes, stdout) != buf->bytes || fflush(stdout) != 0) {
        (void)fprintf(stderr, PROGRAM ": cannot write to standard output: %s\n", strerror(errno));
        return CLI_FAILED;
    }
    return CLI_OK;
}

/* Prints, and frees the buffer. */
static int print_and_free(struct textbuf *buf)
{
    int status = cli_print(buf);
    textbuf_free(buf);
    return status;
}

int cli_print_line(const char *line)
{
    struct textbuf buf = {0};

    textbuf_puts(&buf, line);
    textbuf_puts(&buf, "\n");
    return print_and_free(&buf);
}

int cli_help(const struct argument_syntax *syntax)
{
    struct textbuf buf = {0};

    arguments_help(&buf, syntax);
    return print_and_free(&buf);
}

int cli_print_version(void)
{
    return cli_print_line(PROGRAM " " HOWCOIN_VERSION);
}
