/* run: reads the coins file, starts the daemon and puts between it and the world what was asked for: the screen, JSON
 * lines, or nothing. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json_lines.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/screen.h"
#include "core/network.h"
#include "daemon/runtime.h"

#ifndef HOWCOIN_COINS_FILE
#define HOWCOIN_COINS_FILE "/usr/local/share/howcoin/coins.txt"
#endif
#define LOCAL_COINS_FILE "coins.txt"

/* ---- the coins file ---- */

/* The default is the one in the working directory, if there is one there at all. */
static const char *coins_path(const struct run_options *options)
{
    if (options->coins_file != NULL) {
        return options->coins_file;
    }
    return access(LOCAL_COINS_FILE, F_OK) == 0 || errno != ENOENT ? LOCAL_COINS_FILE : HOWCOIN_COINS_FILE;
}

/* Reads all of the file, which may be a pipe: its size is known only at the end. *text is the caller's. */
static enum hc_code file_read(char **text, size_t *bytes, FILE *file, const char *path, struct hc_fault *fault)
{
    const size_t most = (size_t)HC_COIN_FILE_BYTES_MAX + 1;
    size_t capacity = 0;

    *text = NULL;
    *bytes = 0;
    do {
        capacity = capacity == 0 ? 4096 : capacity * 2 < most ? capacity * 2 : most;
        char *more = realloc(*text, capacity);
        if (more == NULL) {
            return fault_set(fault, HC_NO_MEMORY, "out of memory for the coins file '%s'", path);
        }
        *text = more;
        *bytes += fread(*text + *bytes, 1, capacity - *bytes, file);
    } while (*bytes == capacity && capacity < most);
    if (ferror(file)) {
        return fault_set(fault, HC_SYSTEM, "cannot read the coins file '%s': %s", path, strerror(errno));
    }
    if (*bytes == most) {
        return fault_set(fault, HC_BAD_COINS, "the coins file '%s' is too large: expected at most %u MB", path,
                         HC_COIN_FILE_BYTES_MAX >> 20);
    }
    return HC_OK;
}

static enum hc_code coins_load(struct hc_network **network, const struct run_options *options, struct hc_fault *fault)
{
    const char *path = coins_path(options);
    char *text = NULL;
    size_t bytes = 0;

    FILE *file = fopen(path, "re");
    if (file == NULL && options->coins_file == NULL && errno == ENOENT) {
        return fault_set(fault, HC_SYSTEM,
                         "there is no coins file, neither " LOCAL_COINS_FILE " here nor %s: give one with "
                         "--coins FILE",
                         path);
    }
    if (file == NULL) {
        return fault_set(fault, HC_SYSTEM, "cannot open the coins file '%s': %s", path, strerror(errno));
    }
    enum hc_code code = file_read(&text, &bytes, file, path, fault);
    (void)fclose(file);
    if (code == HC_OK) {
        code = hc_network_new(network, text, bytes, path, options->network_name, fault);
    }
    free(text);
    return code;
}

/* ---- the observers ---- */

struct audience {
    enum output_kind output;
    struct screen screen;
    struct json_lines json;
    struct log log;
};

static void started(void *context, const struct hc_node *node, const struct runtime_facts *facts)
{
    struct audience *audience = context;

    if (audience->output == OUTPUT_TABLE) {
        screen_started(&audience->screen, node, facts);
    } else if (audience->output == OUTPUT_JSON) {
        json_lines_started(&audience->json, node, facts);
    }
    log_started(&audience->log, node, facts);
}

static void notice(void *context, const struct hc_node *node, const struct hc_notice *what, int64_t now_ms)
{
    struct audience *audience = context;

    if (audience->output == OUTPUT_TABLE) {
        screen_notice(&audience->screen, node, what, now_ms);
    } else if (audience->output == OUTPUT_JSON) {
        json_lines_notice(&audience->json, node, what, now_ms);
    }
    log_notice(&audience->log, node, what);
}

/* ---- all together ---- */

static int run(const char *program, const struct run_options *options)
{
    const char *contacts[HC_CONTACTS_MAX];
    struct audience audience = {.output = options->output};
    struct hc_network *network = NULL;
    struct hc_fault fault = {0};
    char coins_file[PATH_MAX];
    int status = CLI_FAILED;

    for (size_t i = 0; i < options->contact_count; i++) {
        contacts[i] = options->contacts[i];
    }
    if (coins_load(&network, options, &fault) != HC_OK) {
        return cli_failed(fault.text);
    }
    audience.log = (struct log){.level = options->log_level, .screen = options->output == OUTPUT_TABLE};
    audience.screen.color = options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && screen_wants_color());
    audience.screen.command = (struct screen_command){
        .program = program,
        /* the next terminal may stand in another directory */
        .coins_file = options->coins_file != NULL ? realpath(options->coins_file, coins_file) : NULL,
        .network_name = options->network_name,
        .contacts = contacts,
        .contact_count = options->contact_count,
        .ephemeral = options->ephemeral,
    };
    const struct runtime_config config = {
        .bind_host = options->bind_host,
        .port = options->port,
        .advertise = options->advertise[0] != '\0' ? options->advertise : NULL,
        .contacts = contacts,
        .contact_count = options->contact_count,
        .network = network,
        .network_name = options->network_name,
        .name = options->name,
        .tags = &options->tags,
        .gossip_interval_ms = options->gossip_interval_ms,
        .mutate_interval_ms = options->mutate_interval_ms,
        .fanout = options->fanout,
        .data_dir = options->data_dir,
        .ephemeral = options->ephemeral,
        .alone = options->alone,
        .observer = {.context = &audience, .started = started, .notice = notice},
    };
    status = runtime_run(&config, &fault) == HC_OK ? CLI_OK : cli_failed(fault.text);
    screen_free(&audience.screen);
    hc_network_free(network);
    return status;
}

int command_run(const char *program, int argc, char **argv)
{
    static struct run_options options; /* too large for the stack of a function */
    struct complaint complaint;
    bool by_name = strcmp(argv[0], "run") == 0;

    switch (options_parse(&options, argc, argv, &complaint)) {
    case ARGUMENTS_HELP:
        return cli_help(&run_syntax);
    case ARGUMENTS_WRONG:
        return cli_wrong_usage(by_name ? "run" : "", &complaint);
    case ARGUMENTS_OK:
        break;
    }
    return options.version ? cli_print_version() : run(program, &options);
}
