#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifndef HOWCOIN_VERSION
#define HOWCOIN_VERSION "(unknown version)"
#endif

int cli_wrong_usage(const char *command, const struct complaint *complaint)
{
    (void)fprintf(stderr, PROGRAM ": %s; see '" PROGRAM "%s%s --help'\n", complaint->text, *command != '\0' ? " " : "",
                  command);
    return CLI_WRONG_USAGE;
}

int cli_failed(const char *words)
{
    (void)fprintf(stderr, PROGRAM ": %s\n", words);
    return CLI_FAILED;
}

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

int cli_help(const struct argument_syntax *syntax)
{
    struct textbuf buf = {0};

    arguments_help(&buf, syntax);
    int status = cli_print(&buf);
    textbuf_free(&buf);
    return status;
}

int cli_print_version(void)
{
    struct textbuf buf = {0};

    textbuf_puts(&buf, PROGRAM " " HOWCOIN_VERSION "\n");
    int status = cli_print(&buf);
    textbuf_free(&buf);
    return status;
}
