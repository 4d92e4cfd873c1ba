/* simulate: a network of so many nodes in simulated time, what it costs and how it bears faults. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "sim/measure.h"

#define LATENCY_MIN_MS 10
#define LATENCY_MAX_MS 50
#define SEED 1
/* What a core of some 3 GHz needs. */
#define SIGNATURE_US 100
#define ROW_US 1
#define KILOBYTE_US 7
#define MILLION 1000000u
#define BAR_WIDTH 50u

enum {
    KEY_NODES = 256,
    KEY_ROUNDS,
    KEY_FANOUT,
    KEY_GOSSIP,
    KEY_MUTATE,
    KEY_LATENCY,
    KEY_LOSS,
    KEY_CRASH,
    KEY_PARTITION,
    KEY_STALL,
    KEY_PAYMENTS,
    KEY_SIGNATURE,
    KEY_ROW,
    KEY_KILOBYTE,
    KEY_LINK,
    KEY_SEED,
    KEY_RUNS,
    KEY_JSON,
};

struct simulate_options {
    struct measure_config config;
    bool json;
};

/* ---- options ---- */

static const struct argument_option option_list[] = {
    {"nodes", KEY_NODES, "N", false, "how many nodes (no default)"},
    {"rounds", KEY_ROUNDS, "R", false, "how many gossip intervals to measure, after all\nknow all (no default)"},
    {"fanout", KEY_FANOUT, "F", false, "peers asked in a round; 0: all (default: 8)"},
    {"gossip-interval", KEY_GOSSIP, "SECONDS", false, "time from round to round (default: 3)"},
    {"mutate-interval", KEY_MUTATE, "SECONDS", false, "time from draw to draw; 0: never (default: 8)"},
    {"latency", KEY_LATENCY, "MS[:MS]", false,
     "of a message, one way: always the same, or drawn\nfrom a range (default: 10:50)"},
    {"loss", KEY_LOSS, "P", false, "chance of a message to be lost (default: 0)"},
    {"crash", KEY_CRASH, "P", false,
     "chance of a node to die, in each round. It starts\nagain from its disk ten rounds after all dropped\nit "
     "(default: 0)"},
    {"partition", KEY_PARTITION, "FROM:TO", false,
     "cut the network into two halves after round FROM,\nand heal it after round TO (default: no cut)"},
    {"stall", KEY_STALL, "P", false,
     "chance of a node to sleep through its deadlines,\nin each round, for up to three rounds (default: 0)"},
    {"payments", KEY_PAYMENTS, "RATE", false, "payments of each node a second, to anybody\n(default: 0)"},
    {"signature", KEY_SIGNATURE, "US", false,
     "microseconds that a node works for a signature made\nor checked; 0: none (default: 100)"},
    {"row", KEY_ROW, "US", false, "the same for a row it is told, to compare it\n(default: 1)"},
    {"kilobyte", KEY_KILOBYTE, "US", false, "the same for 1,000 bytes parsed or written\n(default: 7)"},
    {"link", KEY_LINK, "BYTES", false, "that a node can send in a second; 0: no bound\n(default: 0)"},
    {"seed", KEY_SEED, "X", false, "of all chance: the same seed, the same figures\n(default: 1)"},
    {"runs", KEY_RUNS, "K", false,
     "how often, with the seeds X, X+1, ...; the figures\nare of all together (default: 1)"},
    {"json", KEY_JSON, NULL, true, "one object of JSON, for programs (default: words)"},
    {0},
};

static bool take_count(uint32_t *count, const char *name, const char *text, uint32_t max, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_whole(&number, text, max) || number == 0) {
        return complain(complaint, "--%s '%.100s' is not a number of %s: expected 1 to %" PRIu32, name, text, name,
                        max);
    }
    *count = (uint32_t)number;
    return true;
}

static bool take_chance(uint32_t *chance, const char *name, const char *text, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_decimal(&number, text, 6, MILLION)) {
        return complain(complaint, "--%s '%.100s' is not a chance: expected 0 to 1, with up to six decimals", name,
                        text);
    }
    *chance = (uint32_t)number;
    return true;
}

/* Two whole numbers and a colon between them; or one, if `alone` allows that, for both. */
static bool read_range(uint32_t *from, uint32_t *to, const char *text, uint32_t max, bool alone)
{
    char first[16];
    const char *colon = strchr(text, ':');
    size_t digits = colon != NULL ? (size_t)(colon - text) : strlen(text);
    uint64_t low, high;

    if ((colon == NULL && !alone) || digits >= sizeof first) {
        return false;
    }
    memcpy(first, text, digits);
    first[digits] = '\0';
    if (!argument_whole(&low, first, max) || !argument_whole(&high, colon != NULL ? colon + 1 : first, max)) {
        return false;
    }
    *from = (uint32_t)low;
    *to = (uint32_t)high;
    return true;
}

static bool take_latency(struct measure_config *config, const char *text, struct complaint *complaint)
{
    return read_range(&config->latency_min_ms, &config->latency_max_ms, text, MEASURE_LATENCY_MS_MAX, true) ||
           complain(complaint,
                    "--latency '%.100s' is not a time or a range: expected milliseconds from 0 to %u, such as 20 or "
                    "10:50",
                    text, MEASURE_LATENCY_MS_MAX);
}

static bool take_partition(struct measure_config *config, const char *text, struct complaint *complaint)
{
    if (!read_range(&config->part_from, &config->part_to, text, MEASURE_ROUNDS_MAX, false)) {
        return complain(complaint, "--partition '%.100s' is not a range of rounds: expected FROM:TO, such as 5:15",
                        text);
    }
    if (config->part_from >= config->part_to) {
        return complain(complaint, "--partition %.100s ends before it begins: expected FROM less than TO", text);
    }
    return true;
}

static bool take_interval(uint32_t *ms, const char *name, const char *text, bool zero, struct complaint *complaint)
{
    if (!argument_seconds(ms, text, HC_INTERVAL_MS_MAX) || (*ms < HC_INTERVAL_MS_MIN && !(zero && *ms == 0))) {
        return complain(complaint, "--%s '%.100s' is not an interval: expected seconds from 0.01 to %u%s", name, text,
                        HC_INTERVAL_MS_MAX / 1000, zero ? ", or 0 for never" : "");
    }
    return true;
}

static bool take_payments(uint64_t *rate, const char *text, struct complaint *complaint)
{
    return argument_decimal(rate, text, 6, (uint64_t)MEASURE_PAYMENTS_MAX * MILLION) ||
           complain(complaint,
                    "--payments '%.100s' is not a rate: expected payments of a node a second, from 0 to %u, with up to "
                    "six decimals",
                    text, MEASURE_PAYMENTS_MAX);
}

static bool take_cost(uint32_t *us, const char *name, const char *text, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_whole(&number, text, MEASURE_COST_US_MAX)) {
        return complain(complaint, "--%s '%.100s' is not a time: expected microseconds from 0 to %u", name, text,
                        MEASURE_COST_US_MAX);
    }
    *us = (uint32_t)number;
    return true;
}

static bool take_link(uint32_t *bytes, const char *text, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_whole(&number, text, MEASURE_LINK_BYTES_MAX)) {
        return complain(complaint, "--link '%.100s' is not a speed: expected bytes a second from 0 to %" PRIu32, text,
                        MEASURE_LINK_BYTES_MAX);
    }
    *bytes = (uint32_t)number;
    return true;
}

static bool take_fanout(uint32_t *fanout, const char *text, struct complaint *complaint)
{
    uint64_t number;

    if (!argument_whole(&number, text, HC_ROWS_MAX)) {
        return complain(complaint, "--fanout '%.100s' is not a number of peers: expected 0 to %u", text, HC_ROWS_MAX);
    }
    *fanout = (uint32_t)number;
    return true;
}

static bool take_seed(uint64_t *seed, const char *text, struct complaint *complaint)
{
    return argument_whole(seed, text, UINT64_MAX) ||
           complain(complaint, "--seed '%.100s' is not a seed: expected a whole number from 0 to 2^64-1", text);
}

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct simulate_options *options = context;
    struct measure_config *config = &options->config;

    switch (key) {
    case KEY_NODES:
        return take_count(&config->nodes, "nodes", value, HC_ROWS_MAX, complaint);
    case KEY_ROUNDS:
        return take_count(&config->rounds, "rounds", value, MEASURE_ROUNDS_MAX, complaint);
    case KEY_RUNS:
        return take_count(&config->runs, "runs", value, MEASURE_RUNS_MAX, complaint);
    case KEY_FANOUT:
        return take_fanout(&config->fanout, value, complaint);
    case KEY_GOSSIP:
        return take_interval(&config->gossip_interval_ms, "gossip-interval", value, false, complaint);
    case KEY_MUTATE:
        return take_interval(&config->mutate_interval_ms, "mutate-interval", value, true, complaint);
    case KEY_LATENCY:
        return take_latency(config, value, complaint);
    case KEY_LOSS:
        return take_chance(&config->lost, "loss", value, complaint);
    case KEY_CRASH:
        return take_chance(&config->crash, "crash", value, complaint);
    case KEY_STALL:
        return take_chance(&config->stall, "stall", value, complaint);
    case KEY_PARTITION:
        return take_partition(config, value, complaint);
    case KEY_PAYMENTS:
        return take_payments(&config->payments, value, complaint);
    case KEY_SIGNATURE:
        return take_cost(&config->signature_us, "signature", value, complaint);
    case KEY_ROW:
        return take_cost(&config->row_us, "row", value, complaint);
    case KEY_KILOBYTE:
        return take_cost(&config->kilobyte_us, "kilobyte", value, complaint);
    case KEY_LINK:
        return take_link(&config->link_bytes_s, value, complaint);
    case KEY_SEED:
        return take_seed(&config->seed, value, complaint);
    case KEY_JSON:
        options->json = true;
        return true;
    default:
        return complain(complaint, "'%.100s' is one argument too many: simulate takes options only", value);
    }
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node simulate --nodes N --rounds R [OPTION]...",
    .summary =
        "Runs a network of nodes in simulated time, and shows how fast a change spreads, what that costs and how\n"
        "faults are borne. After the last round all faults end, and the network has some rounds to agree.",
    .options = option_list,
    .take = take,
};

static enum arguments_result options_read(struct simulate_options *options, int argc, char **argv,
                                          struct complaint *complaint)
{
    struct hc_fault fault;

    *options = (struct simulate_options){.config = {
                                             .runs = 1,
                                             .fanout = FANOUT,
                                             .gossip_interval_ms = GOSSIP_INTERVAL_MS,
                                             .mutate_interval_ms = MUTATE_INTERVAL_MS,
                                             .latency_min_ms = LATENCY_MIN_MS,
                                             .latency_max_ms = LATENCY_MAX_MS,
                                             .signature_us = SIGNATURE_US,
                                             .row_us = ROW_US,
                                             .kilobyte_us = KILOBYTE_US,
                                             .seed = SEED,
                                         }};
    enum arguments_result result = arguments_read(&syntax, options, argc, argv, complaint);
    if (result != ARGUMENTS_OK) {
        return result;
    }
    const char *missing = options->config.nodes == 0 ? "nodes" : options->config.rounds == 0 ? "rounds" : NULL;
    if (missing != NULL) {
        (void)complain(complaint, "--%s is missing: expected --nodes N and --rounds R", missing);
        return ARGUMENTS_WRONG;
    }
    if (measure_check(&options->config, &fault) != HC_OK) {
        (void)complain(complaint, "%s", fault.text);
        return ARGUMENTS_WRONG;
    }
    return ARGUMENTS_OK;
}

/* ---- numbers ---- */

/* total / parts with three decimals, rounded. */
static void put_quotient(struct textbuf *buf, uint64_t total, uint64_t parts)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t thousandths = (uint64_t)(((wide)total * 1000 + parts / 2) / parts);

    textbuf_printf(buf, "%" PRIu64 ".%03" PRIu64, thousandths / 1000, thousandths % 1000);
}

static void put_seconds(struct textbuf *buf, uint64_t ms)
{
    put_quotient(buf, ms, 1000);
}

/* How long the measured rounds of one run are. */
static uint64_t measured_us(const struct measure_config *config)
{
    return (uint64_t)config->rounds * config->gossip_interval_ms * 1000;
}

static bool work_takes_time(const struct measure_config *config)
{
    return config->signature_us + config->row_us + config->kilobyte_us > 0;
}

/* ---- JSON ---- */

static void json_times(struct textbuf *buf, const char *name, const struct measure_times *times)
{
    const struct {
        const char *name;
        uint64_t ms;
    } figures[] = {
        {"{\"mean\":", times->mean}, {",\"p50\":", times->p50}, {",\"p99\":", times->p99}, {",\"max\":", times->max}};

    textbuf_printf(buf, ",\"%s\":", name);
    if (times->count == 0) {
        textbuf_puts(buf, "null");
        return;
    }
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        textbuf_puts(buf, figures[i].name);
        put_seconds(buf, figures[i].ms);
    }
    textbuf_puts(buf, "}");
}

static void json_rate(struct textbuf *buf, const char *name, uint64_t total, uint64_t node_ms)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t thousandths = (uint64_t)(((wide)total * 1000000 + node_ms / 2) / node_ms);

    textbuf_printf(buf, ",\"%s\":%" PRIu64 ".%03" PRIu64, name, thousandths / 1000, thousandths % 1000);
}

/* How much of the time the nodes work or send; null if that takes no time. */
static void json_load(struct textbuf *buf, const struct measure_config *config, const struct measure_load *load)
{
    uint64_t node_us = measured_us(config);

    if (work_takes_time(config)) {
        textbuf_puts(buf, ",\"work\":{\"share\":");
        put_quotient(buf, load->work_us, node_us * config->nodes * config->runs);
        textbuf_puts(buf, ",\"busiest\":");
        put_quotient(buf, load->work_most_us, node_us);
        textbuf_puts(buf, ",\"wait_mean_s\":");
        put_quotient(buf, load->waited_ms, 1000 * (load->messages + (load->messages == 0)));
        textbuf_puts(buf, ",\"wait_max_s\":");
        put_seconds(buf, load->wait_max_ms);
        textbuf_puts(buf, "}");
    } else {
        textbuf_puts(buf, ",\"work\":null");
    }
    if (config->link_bytes_s > 0) {
        textbuf_puts(buf, ",\"link\":{\"share\":");
        put_quotient(buf, load->link_us, node_us * config->nodes * config->runs);
        textbuf_puts(buf, ",\"busiest\":");
        put_quotient(buf, load->link_most_us, node_us);
        textbuf_puts(buf, "}");
    } else {
        textbuf_puts(buf, ",\"link\":null");
    }
}

static const char *json_bool(bool value)
{
    return value ? "true" : "false";
}

static void json_put(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    uint64_t node_ms = (uint64_t)config->nodes * config->runs * config->rounds * config->gossip_interval_ms;

    textbuf_printf(buf, "{\"nodes\":%" PRIu32 ",\"runs\":%" PRIu32 ",\"seed\":%" PRIu64, config->nodes, config->runs,
                   config->seed);
    json_times(buf, "spread_s", &measured->spread);
    textbuf_puts(buf, ",\"spread_curve\":");
    for (size_t i = 0; i < measured->curve_count; i++) {
        textbuf_puts(buf, i > 0 ? "," : "[");
        put_quotient(buf, measured->curve[i].mean, 1000);
    }
    textbuf_puts(buf, measured->curve_count > 0 ? "]" : "null");
    json_rate(buf, "bytes_per_node_per_s", measured->bytes, node_ms);
    json_rate(buf, "exchanges_per_node_per_s", measured->exchanges, node_ms);
    json_times(buf, "drop_s", &measured->drop);
    textbuf_printf(buf,
                   ",\"resurrections\":%" PRIu64 ",\"false_drops\":%" PRIu64 ",\"heal_s\":", measured->resurrections,
                   measured->false_drops);
    if (measured->heal.count > 0 && measured->heal_never == 0) {
        put_seconds(buf, measured->heal.max);
    } else {
        textbuf_puts(buf, "null");
    }
    json_load(buf, config, &measured->load);
    textbuf_printf(buf, ",\"agree\":%s,\"sum_ok\":%s}\n", json_bool(measured->agree), json_bool(measured->sum_ok));
}

/* ---- words ---- */

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void put_percent(struct textbuf *buf, uint32_t thousandths)
{
    textbuf_printf(buf, "  %3" PRIu32 ".%" PRIu32 " %%", thousandths / 10, thousandths % 10);
}

static void put_head(struct textbuf *buf, const struct measure_config *config)
{
    textbuf_printf(buf, "%" PRIu32 " node%s, %" PRIu32 " round%s of ", config->nodes, plural(config->nodes),
                   config->rounds, plural(config->rounds));
    put_seconds(buf, config->gossip_interval_ms);
    textbuf_printf(buf, " s, fanout %" PRIu32 ", seed %" PRIu64, config->fanout, config->seed);
    if (config->runs > 1) {
        textbuf_printf(buf, " to %" PRIu64 " (%" PRIu32 " runs)", config->seed + config->runs - 1, config->runs);
    }
    textbuf_puts(buf, "\n");
}

/* A line for each round: what share of the nodes knew a change by then; the bar is the worst change, and on to the
 * mean. */
static void put_curve(struct textbuf *buf, const struct measured *measured)
{
    if (measured->curve_count == 0) {
        return;
    }
    textbuf_puts(buf,
                 "\nNodes that know a change\n\nrounds      mean       p50       p99     worst   # worst, + mean\n");
    for (size_t i = 0; i < measured->curve_count; i++) {
        const struct measure_share *share = &measured->curve[i];
        textbuf_printf(buf, "%6zu  ", i);
        put_percent(buf, share->mean);
        put_percent(buf, share->p50);
        put_percent(buf, share->p99);
        put_percent(buf, share->worst);
        uint32_t worst = share->worst * BAR_WIDTH / 1000, mean = share->mean * BAR_WIDTH / 1000;
        textbuf_puts(buf, worst + mean > 0 ? "   " : "");
        textbuf_repeat(buf, '#', worst);
        textbuf_repeat(buf, '+', mean - worst);
        textbuf_puts(buf, "\n");
    }
}

/* "mean 5.214 s, p50 5.103 s, p99 8.010 s, worst 9.120 s; changes: 320". */
static void put_times(struct textbuf *buf, const struct measure_times *times, const char *what)
{
    textbuf_puts(buf, "mean ");
    put_seconds(buf, times->mean);
    textbuf_puts(buf, " s, p50 ");
    put_seconds(buf, times->p50);
    textbuf_puts(buf, " s, p99 ");
    put_seconds(buf, times->p99);
    textbuf_puts(buf, " s, worst ");
    put_seconds(buf, times->max);
    textbuf_printf(buf, " s; %s: %" PRIu64 "\n", what, times->count);
}

static void put_spread(struct textbuf *buf, const struct measured *measured)
{
    textbuf_puts(buf, "\nknown to all     ");
    if (measured->spread.count > 0) {
        put_times(buf, &measured->spread, "changes");
    } else {
        textbuf_puts(buf, "nothing changed, or nothing that all came to know\n");
    }
    if (measured->spread_unknown > 0) {
        textbuf_printf(buf, "                 %" PRIu64 " not known to all at the end\n", measured->spread_unknown);
    }
}

static void put_traffic(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    uint64_t node_rounds = (uint64_t)config->nodes * config->runs * config->rounds;

    textbuf_puts(buf, "a node's round   ");
    textbuf_printf(buf, "%" PRIu64 " bytes and ", (measured->bytes + node_rounds / 2) / node_rounds);
    put_quotient(buf, measured->messages, node_rounds);
    textbuf_puts(buf, " messages sent, ");
    put_quotient(buf, measured->exchanges, node_rounds);
    textbuf_puts(buf, " exchanges begun\n");
}

/* "3.141 % of the time, the busiest 4.000 %". */
static void put_shares(struct textbuf *buf, const struct measure_config *config, uint64_t all_us, uint64_t most_us)
{
    uint64_t node_us = measured_us(config);

    put_quotient(buf, 100 * all_us, node_us * config->nodes * config->runs);
    textbuf_puts(buf, " % of the time, the busiest ");
    put_quotient(buf, 100 * most_us, node_us);
    textbuf_puts(buf, " %");
}

static void put_load(struct textbuf *buf, const struct measure_config *config, const struct measure_load *load)
{
    if (work_takes_time(config)) {
        textbuf_puts(buf, "a node works     ");
        put_shares(buf, config, load->work_us, load->work_most_us);
        textbuf_puts(buf, "\na message waits  mean ");
        put_quotient(buf, load->waited_ms, 1000 * (load->messages + (load->messages == 0)));
        textbuf_puts(buf, " s, worst ");
        put_seconds(buf, load->wait_max_ms);
        textbuf_puts(buf, " s, for the node to have time\n");
    }
    if (config->link_bytes_s > 0) {
        textbuf_puts(buf, "a node sends     ");
        put_shares(buf, config, load->link_us, load->link_most_us);
        textbuf_puts(buf, "\n");
    }
}

static void put_faults(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    if (measured->drop.count > 0) {
        textbuf_puts(buf, "dropped by all   ");
        put_times(buf, &measured->drop, "crashes");
    }
    if (measured->drop_never > 0) {
        textbuf_printf(buf, "                 %" PRIu64 " dead and not dropped by all at the end\n",
                       measured->drop_never);
    }
    textbuf_printf(buf, "resurrections    %" PRIu64 "\nfalse drops      %" PRIu64 "\n", measured->resurrections,
                   measured->false_drops);
    if (config->part_to > 0) {
        textbuf_puts(buf, "healed           ");
        if (measured->heal_never == 0) {
            put_times(buf, &measured->heal, "cuts");
        } else {
            textbuf_printf(buf, "never, in %" PRIu64 " run%s\n", measured->heal_never, plural(measured->heal_never));
        }
    }
    if (config->payments > 0) {
        textbuf_printf(buf, "payments         %" PRIu64 " tried\n", measured->payments);
    }
}

static void put_end(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    textbuf_puts(buf, "at the end       ");
    if (measured->agree) {
        textbuf_puts(buf, "all agree, ");
        put_seconds(buf, measured->settle_ms);
        textbuf_puts(buf, " s after the last change at the latest\n");
    } else {
        textbuf_printf(buf, "they DISAGREE %" PRIu32 " rounds after the last change, with seed %" PRIu64 ": %s\n",
                       measure_settle_rounds(config), config->seed + measured->failed_run - 1, measured->disagreement);
    }
    textbuf_puts(buf, measured->sum_ok ? "                 the balances are all coins that were drawn\n"
                                       : "                 the balances are NOT all coins that were drawn\n");
}

static void words_put(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    put_head(buf, config);
    put_curve(buf, measured);
    put_spread(buf, measured);
    put_traffic(buf, config, measured);
    put_load(buf, config, &measured->load);
    put_faults(buf, config, measured);
    put_end(buf, config, measured);
}

/* ---- all together ---- */

/* One line on a terminal, written over and over. */
static void show_progress(void *context, uint32_t run, uint32_t rounds)
{
    const struct measure_config *config = context;

    (void)fprintf(stderr, "\rrun %" PRIu32 " of %" PRIu32 ", ", run, config->runs);
    if (rounds == 0) {
        (void)fprintf(stderr, "the nodes meet\x1b[K");
    } else {
        (void)fprintf(stderr, "round %" PRIu32 " of %" PRIu32 "\x1b[K", rounds, config->rounds);
    }
    (void)fflush(stderr);
}

int command_simulate(const char *program, int argc, char **argv)
{
    struct simulate_options options;
    struct complaint complaint;
    struct measured measured;
    struct textbuf buf = {0};
    bool terminal = isatty(STDERR_FILENO);

    (void)program;
    enum arguments_result read = options_read(&options, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(&syntax);
    }
    if (read == ARGUMENTS_WRONG) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    measure_run(&options.config, &measured, terminal ? show_progress : NULL, &options.config);
    if (terminal) {
        (void)fprintf(stderr, "\r\x1b[K");
    }
    if (!measured.joined) {
        return cli_failed("the nodes do not come together: is there time for an exchange, by --latency, --link and "
                          "--gossip-interval, and for the work, by --signature, --row and --kilobyte?");
    }
    if (options.json) {
        json_put(&buf, &options.config, &measured);
    } else {
        words_put(&buf, &options.config, &measured);
    }
    int status = cli_print(&buf);
    textbuf_free(&buf);
    return status;
}
