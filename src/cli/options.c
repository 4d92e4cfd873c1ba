#include "cli/options.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "howcoin/node.h"

#define LOOPBACK "127.0.0.1"

enum {
    KEY_BIND = 256,
    KEY_ADVERTISE,
    KEY_COINS,
    KEY_NETWORK,
    KEY_NAME,
    KEY_TAG,
    KEY_GOSSIP,
    KEY_MUTATE,
    KEY_FANOUT,
    KEY_DATA_DIR,
    KEY_EPHEMERAL,
    KEY_ALONE,
    KEY_OUTPUT,
    KEY_COLOR,
    KEY_LOG_LEVEL,
    KEY_VERSION,
};

static const struct argument_option run_option_list[] = {
    {"port", 'p', "PORT", false, "listen on this port; 0: any free one, told on the\nfirst line (no default)"},
    {"peer", 'P', "[HOST:]PORT", true,
     "a node to turn to first; may be given many times.\nA bare port is on 127.0.0.1 (default: none, be\nfound)"},
    {"bind", KEY_BIND, "HOST", false, "address to listen at (default: 127.0.0.1)"},
    {"advertise", KEY_ADVERTISE, "HOST[:PORT]", false,
     "where others reach this node; needed if --bind is\n0.0.0.0 or :: (default: --bind and --port)"},
    {"coins", KEY_COINS, "FILE", false,
     "the numbers that coins are drawn from (default:\ncoins.txt here, else the installed one)"},
    {"network", KEY_NETWORK, "NAME", false, "part from networks that share the coins file\n(default: no name)"},
    {"name", KEY_NAME, "NAME", false, "a label for this node, up to 32 bytes (default:\nno name)"},
    {"tag", KEY_TAG, "KEY=VALUE", true,
     "what programs say of this node to all others; may\nbe given many times. KEY= takes one away, those\nfrom before "
     "are kept (default: those from before)"},
    {"gossip-interval", KEY_GOSSIP, "SECONDS", false, "time from round to round (default: 3)"},
    {"mutate-interval", KEY_MUTATE, "SECONDS", false, "time from draw to draw; 0: draw only once\n(default: 8)"},
    {"fanout", KEY_FANOUT, "N", false, "peers asked in a round; 0: all (default: 8)"},
    {"data-dir", KEY_DATA_DIR, "DIR", false,
     "where key and state are kept (default: one for\neach port, ~/.local/state/howcoin/PORT)"},
    {"ephemeral", KEY_EPHEMERAL, NULL, false, "keep nothing: a new node at each start (default:\nkeep)"},
    {"alone", KEY_ALONE, NULL, false,
     "if the state was lost, but not the key: go on\nwithout having heard from others what was paid\n(default: wait "
     "for that)"},
    {"output", KEY_OUTPUT, "table|json|none", false,
     "what to show: tables for people, JSON lines for\nprograms (default: table)"},
    {"color", KEY_COLOR, "auto|always|never", false, "auto: on a terminal, unless NO_COLOR is set\n(default: auto)"},
    {"log-level", KEY_LOG_LEVEL, "LEVEL", false,
     "what is told on standard error, beyond what the\ntables tell: error, warn, info or debug\n(default: warn)"},
    {"version", KEY_VERSION, NULL, true, "show the version and exit"},
    {0},
};

/* ---- values ---- */

static bool take_peer(struct run_options *options, const char *text, struct complaint *complaint)
{
    char address[HC_ADDR_BYTES_MAX + 1];
    struct hc_fault fault;

    if (hc_address_parse(address, text, LOOPBACK, &fault) != HC_OK) {
        return complain(complaint, "peer '%.100s' is not an address: expected PORT, HOST:PORT or [IPV6]:PORT", text);
    }
    for (size_t i = 0; i < options->contact_count; i++) {
        if (strcmp(options->contacts[i], address) == 0) {
            return true;
        }
    }
    if (options->contact_count == HC_CONTACTS_MAX) {
        return complain(complaint, "peer '%.100s' is one too many: at most %u are taken, and one is enough", text,
                        HC_CONTACTS_MAX);
    }
    memcpy(options->contacts[options->contact_count++], address, sizeof address);
    return true;
}

/* Reads a host without a port; `host` is without brackets. */
static bool read_host(char host[static HC_ADDR_BYTES_MAX + 1], const char *text)
{
    char with_port[HC_ADDR_BYTES_MAX + 16], address[HC_ADDR_BYTES_MAX + 1];
    uint16_t port;
    bool bare_ipv6 = text[0] != '[' && strchr(text, ':') != NULL;

    if (*text == '\0' || strlen(text) > HC_ADDR_BYTES_MAX) {
        return false;
    }
    (void)snprintf(with_port, sizeof with_port, bare_ipv6 ? "[%s]:1" : "%s:1", text);
    if (hc_address_parse(address, with_port, LOOPBACK, NULL) != HC_OK) {
        return false;
    }
    address_split(host, &port, address);
    return true;
}

static bool host_is_wildcard(const char *host)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;

    if (inet_pton(AF_INET, host, &ipv4) == 1) {
        return ipv4.s_addr == htonl(INADDR_ANY);
    }
    return inet_pton(AF_INET6, host, &ipv6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&ipv6);
}

static bool take_advertise(struct run_options *options, const char *text, struct complaint *complaint)
{
    char host[HC_ADDR_BYTES_MAX + 1], address[HC_ADDR_BYTES_MAX + 1];
    uint16_t port;
    uint64_t number;

    /* A bare port names no host; as an address it would be one on 127.0.0.1, which is not what was meant. */
    bool good = !argument_whole(&number, text, UINT64_MAX);
    if (good && read_host(host, text)) {
        (void)snprintf(options->advertise, sizeof options->advertise, strchr(host, ':') ? "[%s]" : "%s", host);
    } else if (good && hc_address_parse(address, text, LOOPBACK, NULL) == HC_OK) {
        address_split(host, &port, address);
        (void)snprintf(options->advertise, sizeof options->advertise, "%s", address);
    } else {
        return complain(complaint, "--advertise '%.100s' is not an address: expected HOST or HOST:PORT", text);
    }
    if (host_is_wildcard(host)) {
        return complain(complaint, "--advertise '%.100s' reaches nobody: expected an address of this machine", text);
    }
    return true;
}

static bool take_interval(uint32_t *ms, const char *name, const char *text, bool zero, struct complaint *complaint)
{
    if (!argument_seconds(ms, text, HC_INTERVAL_MS_MAX) || (*ms < HC_INTERVAL_MS_MIN && !(zero && *ms == 0))) {
        return complain(complaint, "--%s '%.100s' is not an interval: expected seconds from %g to %u%s", name, text,
                        HC_INTERVAL_MS_MIN / 1000.0, HC_INTERVAL_MS_MAX / 1000, zero ? ", or 0 for never" : "");
    }
    return true;
}

/* The place of `text` in `words`, which ends with NULL. */
static bool take_word(unsigned *choice, const char *name, const char *const *words, const char *text,
                      struct complaint *complaint)
{
    char expected[100] = "";
    size_t at = 0;

    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *choice = i;
            return true;
        }
        const char *before = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";
        at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%s", before, words[i]);
    }
    return complain(complaint, "--%s '%.100s' is not a choice: expected %s", name, text, expected);
}

static bool take_name(const char **to, const char *name, const char *text, struct complaint *complaint)
{
    struct hc_fault fault;

    if (hc_name_check(text, &fault) != HC_OK) {
        return complain(complaint, "--%s '%.100s' is not a name: expected up to %u bytes of printable UTF-8", name,
                        text, HC_NAME_BYTES_MAX);
    }
    *to = text;
    return true;
}

static bool take_path(const char **to, const char *name, const char *text, struct complaint *complaint)
{
    if (*text == '\0') {
        return complain(complaint, "--%s '' is not a path: expected one that is not empty", name);
    }
    *to = text;
    return true;
}

static bool take_fanout(struct run_options *options, const char *text, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_whole(&number, text, HC_ROWS_MAX)) {
        return complain(complaint, "--fanout '%.100s' is not a number of peers: expected 0 to %u", text, HC_ROWS_MAX);
    }
    options->fanout = (uint32_t)number;
    return true;
}

static bool take_bind(struct run_options *options, const char *text, struct complaint *complaint)
{
    if (!read_host(options->bind_host, text)) {
        return complain(complaint, "--bind '%.100s' is not a host: expected an address of this machine, without a port",
                        text);
    }
    return true;
}

/* ---- all together ---- */

static bool take_port(struct run_options *options, const char *text, const char *what, struct complaint *complaint)
{
    uint16_t before = options->port;

    if (!argument_port(&options->port, text, what, complaint)) {
        return false;
    }
    if (options->port_given && before != options->port) {
        return complain(complaint, "the port is given twice, as %u and as %u", before, options->port);
    }
    options->port_given = true;
    return true;
}

/* The tutorial's form: PORT, then PEER_PORT. */
static bool take_operand(struct run_options *options, const char *text, struct complaint *complaint)
{
    uint64_t number;

    if (options->peer_operand) {
        return complain(complaint, "'%.100s' is one argument too many: expected PORT and PEER_PORT", text);
    }
    if (options->port_given) {
        options->peer_operand = true;
        return take_peer(options, text, complaint);
    }
    if (!argument_whole(&number, text, UINT64_MAX) && *text != '\0' && strpbrk(text, "0123456789") == NULL) {
        return complain(complaint, "'%.100s' is neither a command nor a port", text);
    }
    return take_port(options, text, "the first argument", complaint);
}

static bool take_choice(struct run_options *options, int key, const char *value, struct complaint *complaint)
{
    static const char *const outputs[] = {"table", "json", "none", NULL};
    static const char *const colors[] = {"auto", "always", "never", NULL};
    static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
    unsigned choice;

    switch (key) {
    case KEY_OUTPUT:
        if (!take_word(&choice, "output", outputs, value, complaint)) {
            return false;
        }
        options->output = (enum output_kind)choice;
        return true;
    case KEY_COLOR:
        if (!take_word(&choice, "color", colors, value, complaint)) {
            return false;
        }
        options->color = (enum color_choice)choice;
        return true;
    default:
        if (!take_word(&choice, "log-level", levels, value, complaint)) {
            return false;
        }
        options->log_level = (enum log_level)choice;
        return true;
    }
}

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct run_options *options = context;

    switch (key) {
    case 'p':
        return take_port(options, value, "--port", complaint);
    case 'P':
        return take_peer(options, value, complaint);
    case KEY_BIND:
        return take_bind(options, value, complaint);
    case KEY_ADVERTISE:
        return take_advertise(options, value, complaint);
    case KEY_COINS:
        return take_path(&options->coins_file, "coins", value, complaint);
    case KEY_NETWORK:
        return take_name(&options->network_name, "network", value, complaint);
    case KEY_NAME:
        return take_name(&options->name, "name", value, complaint);
    case KEY_TAG:
        return argument_tag(&options->tags, value, complaint);
    case KEY_GOSSIP:
        return take_interval(&options->gossip_interval_ms, "gossip-interval", value, false, complaint);
    case KEY_MUTATE:
        return take_interval(&options->mutate_interval_ms, "mutate-interval", value, true, complaint);
    case KEY_FANOUT:
        return take_fanout(options, value, complaint);
    case KEY_DATA_DIR:
        return take_path(&options->data_dir, "data-dir", value, complaint);
    case KEY_EPHEMERAL:
        options->ephemeral = true;
        return true;
    case KEY_ALONE:
        options->alone = true;
        return true;
    case KEY_VERSION:
        options->version = true;
        return true;
    case 0:
        return take_operand(options, value, complaint);
    default:
        return take_choice(options, key, value, complaint);
    }
}

const struct argument_syntax run_syntax = {
    .usage = "howcoin-node [run] --port PORT [--peer [HOST:]PORT]...\n"
             "       howcoin-node [run] PORT [PEER_PORT]",
    .summary = "Runs a node until Ctrl-C and shows its table after every round.",
    .options = run_option_list,
    .take = take,
};

enum arguments_result options_parse(struct run_options *options, int argc, char **argv, struct complaint *complaint)
{
    *options = (struct run_options){
        .bind_host = LOOPBACK,
        .network_name = "",
        .name = "",
        .gossip_interval_ms = GOSSIP_INTERVAL_MS,
        .mutate_interval_ms = MUTATE_INTERVAL_MS,
        .fanout = FANOUT,
        .log_level = LOG_LEVEL_WARN,
    };
    enum arguments_result result = arguments_read(&run_syntax, options, argc, argv, complaint);
    if (result != ARGUMENTS_OK || options->version) {
        return result;
    }

    bool good = true;
    if (!options->port_given) {
        good = complain(complaint, "a port is missing: expected --port PORT, for example --port 8000");
    } else if (options->ephemeral && options->data_dir != NULL) {
        good = complain(complaint,
                        "--ephemeral keeps nothing, but --data-dir '%.100s' says where to keep it: expected one "
                        "of them",
                        options->data_dir);
    } else if (options->advertise[0] == '\0' && host_is_wildcard(options->bind_host)) {
        good = complain(complaint, "--bind %s says not where others reach this node: expected --advertise HOST with it",
                        options->bind_host);
    }
    return good ? ARGUMENTS_OK : ARGUMENTS_WRONG;
}
