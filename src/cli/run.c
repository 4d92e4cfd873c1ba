/* run: reads the coins file, runs the daemon, and shows what happens there as was asked for: as tables, as JSON
 * lines, or not at all. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_lines.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/read_file.h"
#include "cli/screen.h"
#include "core/common/memory.h"
#include "daemon/runtime.h"
#include "howcoin/network.h"

#ifndef HOWCOIN_COINS_FILE
#define HOWCOIN_COINS_FILE "/usr/local/share/howcoin/coins.txt"
#endif
#define LOCAL_COINS_FILE "coins.txt"

/* ---- the coins file ---- */

/* The default is the one in the working directory, if there is one there at all. */
static const char *coins_path(const struct run_options *options)
{
    if (options->coins_file) {
        return options->coins_file;
    }
    return access(LOCAL_COINS_FILE, F_OK) == 0 || errno != ENOENT ? LOCAL_COINS_FILE : HOWCOIN_COINS_FILE;
}

static bool coins_load(struct hc_network **network, const struct run_options *options, struct complaint *complaint)
{
    const char *path = coins_path(options);
    struct hc_fault fault;
    char *text;
    size_t bytes;

    if (!options->coins_file && access(path, F_OK) != 0 && errno == ENOENT) {
        return complain(complaint,
                        "there is no coins file: neither " LOCAL_COINS_FILE " in this directory nor %s. Give one with "
                        "--coins FILE",
                        path);
    }
    if (!read_file(&text, &bytes, path, "the coins file", HC_COIN_FILE_BYTES_MAX, complaint)) {
        return false;
    }
    enum hc_code code = hc_network_new(network, text, bytes, path, options->network_name, &fault);
    memory_free(text);
    return code == HC_OK || complain(complaint, "%s", fault.text);
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

static void audience_init(struct audience *audience, const struct run_options *options, const char *const *contacts,
                          const char *coins_file)
{
    *audience = (struct audience){.output = options->output};
    audience->log = (struct log){.level = options->log_level, .screen = options->output == OUTPUT_TABLE};
    audience->screen.color = options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && screen_wants_color());
    audience->screen.command = (struct screen_command){
        .program = program_invocation_name,
        .coins_file = coins_file,
        .network_name = options->network_name,
        .contacts = contacts,
        .contact_count = options->contact_count,
        .ephemeral = options->ephemeral,
    };
}

/* Runs the node in this network, and tells the audience of it. */
static int run_in(const struct hc_network *network, const struct run_options *options)
{
    const char *contacts[HC_CONTACTS_MAX];
    struct audience audience;
    struct hc_fault fault;
    char coins_file[PATH_MAX];

    for (size_t i = 0; i < options->contact_count; i++) {
        contacts[i] = options->contacts[i];
    }
    /* The coins file by its full path: the next terminal may be in another directory. */
    audience_init(&audience, options, contacts, options->coins_file ? realpath(options->coins_file, coins_file) : NULL);
    const struct runtime_config config = {
        .bind_host = options->bind_host,
        .port = options->port.number,
        .advertise = options->advertise[0] != '\0' ? options->advertise : NULL,
        .contacts = contacts,
        .contact_count = options->contact_count,
        .network = network,
        .network_name = options->network_name,
        .name = options->name,
        .tags = &options->tags,
        .gossip_interval_ms = options->gossip_interval_ms,
        .mutate_interval_ms = options->mutate_interval_ms,
        .exchange = options->exchange,
        .fanout = options->fanout,
        .links = options->links,
        .patience = options->patience,
        .data_dir = options->data_dir,
        .ephemeral = options->ephemeral,
        .alone = options->alone,
        .tells_links = options->log_level >= LOG_LEVEL_DEBUG,
        .observer = {.context = &audience, .started = started, .notice = notice},
    };
    int status = runtime_run(&config, &fault) == HC_OK ? CLI_OK : cli_failed(fault.text);
    screen_free(&audience.screen);
    return status;
}

static int run(const void *context)
{
    const struct run_options *options = context;
    struct hc_network *network = NULL;
    struct complaint complaint;

    if (options->version) {
        return cli_print_version();
    }
    ASSERT(options->port.given && options->contact_count <= HC_CONTACTS_MAX);
    if (!coins_load(&network, options, &complaint)) {
        return cli_failed(complaint.text);
    }
    int status = run_in(network, options);
    hc_network_free(network);
    return status;
}

const struct command command_run = {
    .name = "run", .summary = "run a node (the default: 'run' can be left out)", .syntax = &run_syntax, .run = run};
