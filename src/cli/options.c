/* The table of `run`'s options, the addresses among them, and what cannot be said together. */
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "core/common/address.h"
#include "core/common/error.h"
#include "howcoin/node.h"

#define LOOPBACK "127.0.0.1"

/* ---- addresses; the field of these is the whole of the options ---- */

static bool add_peer(struct run_options *options, const char *text, struct complaint *complaint)
{
    char address[HC_ADDR_BYTES_MAX + 1];

    ASSERT(options->contact_count <= HC_CONTACTS_MAX);
    if (hc_address_parse(address, text, LOOPBACK, NULL) != HC_OK) {
        return complain(complaint, "peer '%.100s' is not an address: expected PORT, HOST:PORT or [IPV6]:PORT", text);
    }
    for (size_t i = 0; i < options->contact_count; i++) {
        if (strcmp(options->contacts[i], address) == 0) {
            return true;
        }
    }
    if (options->contact_count == HC_CONTACTS_MAX) {
        return complain(complaint, "peer '%.100s' is one too many: at most %u can be given, and one is enough", text,
                        HC_CONTACTS_MAX);
    }
    memcpy(options->contacts[options->contact_count++], address, sizeof address);
    return true;
}

static bool take_peer(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    ASSERT(option->repeatable && option->offset == 0);
    return add_peer(field, text, complaint);
}

static bool take_bind(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    struct run_options *options = field;

    ASSERT(option->offset == 0);
    return address_host(options->bind_host, text) ||
           complain(complaint, "--bind '%.100s' is not a host: expected an address of this machine, without a port",
                    text);
}

static bool take_advertise(const struct argument_option *option, void *field, const char *text,
                           struct complaint *complaint)
{
    struct run_options *options = field;
    char host[HC_ADDR_BYTES_MAX + 1], address[HC_ADDR_BYTES_MAX + 1];
    uint16_t port;

    ASSERT(option->offset == 0);
    if (!address_complete(address, text, 1)) {
        return complain(complaint, "--advertise '%.100s' is not an address: expected HOST or HOST:PORT", text);
    }
    if (address_host(host, text)) {
        *strrchr(address, ':') = '\0'; /* it gets the port that is listened on */
    } else {
        hc_address_split(host, &port, address);
    }
    (void)snprintf(options->advertise, sizeof options->advertise, "%s", address);
    return !address_host_is_wildcard(host) ||
           complain(complaint, "--advertise '%.100s' cannot be reached: expected an address of this machine", text);
}

/* ---- the table ---- */

/* In the order of enum hc_exchange. */
static const char *const exchanges[] = {"full", "links", NULL};
static const char *const outputs[] = {"table", "json", "none", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

static const struct argument_option option_list[] = {
    {.name = "port",
     .letter = 'p',
     .value = "PORT",
     .help = "port to listen on; 0: a free one, shown on the first line (required)",
     TAKES_PORT(struct run_options, port)},
    {.name = "peer",
     .letter = 'P',
     .value = "[HOST:]PORT",
     .repeatable = true,
     .help = "node to contact first; can be given more than once. A bare port is on 127.0.0.1 (default: none; wait "
             "to be contacted)",
     .take = take_peer},
    {.name = "bind", .value = "HOST", .help = "address to listen on (default: 127.0.0.1)", .take = take_bind},
    {.name = "advertise",
     .value = "HOST[:PORT]",
     .help = "address at which others reach this node; required if --bind is 0.0.0.0 or :: (default: --bind and "
             "--port)",
     .take = take_advertise},
    {.name = "coins",
     .value = "FILE",
     .help = "file of the numbers that coins are drawn from (default: coins.txt in this directory, or else the "
             "installed one)",
     TAKES_PATH(struct run_options, coins_file)},
    {.name = "network",
     .value = "NAME",
     .help = "separate this network from others that use the same coins file (default: no name)",
     TAKES_TEXT(struct run_options, network_name),
     .kind = "a name",
     .max = HC_NAME_BYTES_MAX},
    {.name = "name",
     .value = "NAME",
     .help = "label of this node, up to 32 bytes (default: no name)",
     TAKES_TEXT(struct run_options, name),
     .kind = "a name",
     .max = HC_NAME_BYTES_MAX},
    {.name = "tag",
     .value = "KEY=VALUE",
     .repeatable = true,
     .help = "tag of this node, which every node sees; can be given more than once. KEY= removes a tag; others are "
             "kept from run to run (default: no change)",
     TAKES_TAG(struct run_options, tags)},
    OPTION_GOSSIP_INTERVAL(struct run_options, gossip_interval_ms),
    OPTION_MUTATE_INTERVAL(struct run_options, mutate_interval_ms),
    {.name = "exchange",
     .value = "links|full",
     .help = "how to talk to others: over kept connections, what changes; or everything in each round (default: links)",
     TAKES_WORD(struct run_options, exchange),
     .words = exchanges},
    {.name = "links",
     .value = "N",
     .help = "connections to keep, with --exchange links (default: 3)",
     TAKES_COUNT(struct run_options, links),
     .kind = "a number of links",
     .min = 1,
     .max = LINKS_OURS_MAX},
    OPTION_FANOUT(struct run_options, fanout),
    {.name = "patience",
     .value = "N",
     .help = "times as long to wait for others before they count as gone (default: 1)",
     TAKES_COUNT(struct run_options, patience),
     .kind = "a factor",
     .min = 1,
     .max = PATIENCE_MAX},
    {.name = "data-dir",
     .value = "DIR",
     .help = "directory for the key and the state (default: ~/.local/state/howcoin/PORT)",
     TAKES_PATH(struct run_options, data_dir)},
    {.name = "ephemeral",
     .help = "keep nothing: be a new node at each start (default: keep key and state)",
     TAKES_FLAG(struct run_options, ephemeral)},
    {.name = "alone",
     .help = "if the key survived but the payment record is lost: go on without it (default: wait until another node "
             "tells what this one has paid)",
     TAKES_FLAG(struct run_options, alone)},
    {.name = "output",
     .value = "table|json|none",
     .help = "what to print: tables for people, or lines of JSON for programs (default: table)",
     TAKES_WORD(struct run_options, output),
     .words = outputs},
    {.name = "color",
     .value = "auto|always|never",
     .help = "whether to use colors; auto: on a terminal, unless NO_COLOR is set (default: auto)",
     TAKES_WORD(struct run_options, color),
     .words = colors},
    {.name = "log-level",
     .value = "LEVEL",
     .help = "what to log on standard error, beyond what the tables show: error, warn, info or debug (default: warn)",
     TAKES_WORD(struct run_options, log_level),
     .words = levels},
    {.name = "version",
     .repeatable = true,
     .help = "show the version and exit",
     TAKES_FLAG(struct run_options, version)},
    {0},
};

/* ---- all together ---- */

/* The tutorial's form: PORT, then PEER_PORT. */
static bool operand(void *context, const char *text, struct complaint *complaint)
{
    struct run_options *options = context;

    if (options->peer_operand) {
        return complain(complaint, "'%.100s' is one argument too many: expected PORT and PEER_PORT", text);
    }
    if (options->port.given) {
        options->peer_operand = true;
        return add_peer(options, text, complaint);
    }
    return value_port(&options->port, "the first argument", 0, text, complaint);
}

static bool check(const void *context, struct complaint *complaint)
{
    const struct run_options *options = context;

    if (options->version) {
        return true;
    }
    if (!options->port.given) {
        return complain(complaint, "--port PORT is required, for example --port 8000");
    }
    if (options->ephemeral && options->data_dir) {
        return complain(complaint,
                        "--ephemeral keeps nothing, but --data-dir '%.100s' says where to keep it: expected one of "
                        "them",
                        options->data_dir);
    }
    if (options->advertise[0] == '\0' && address_host_is_wildcard(options->bind_host)) {
        return complain(complaint,
                        "--bind %s does not say where others reach this node: expected --advertise HOST with it",
                        options->bind_host);
    }
    return true;
}

static const struct run_options defaults = {
    .bind_host = LOOPBACK,
    .network_name = "",
    .name = "",
    .gossip_interval_ms = GOSSIP_INTERVAL_MS,
    .mutate_interval_ms = MUTATE_INTERVAL_MS,
    .exchange = HC_EXCHANGE_LINKS,
    .links = LINKS_OURS,
    .fanout = FANOUT,
    .patience = 1,
    .log_level = LOG_LEVEL_WARN,
};

const struct argument_syntax run_syntax = {
    .usage = "howcoin-node [run] --port PORT [--peer [HOST:]PORT]...\n"
             "       howcoin-node [run] PORT [PEER_PORT]",
    .description = "Runs a node until Ctrl-C, and shows its table after every round.",
    .options = option_list,
    .options_bytes = sizeof(struct run_options),
    .defaults = &defaults,
    .operand = operand,
    .check = check,
};
