/* simulate: a network of N nodes in simulated time, what it costs and how it bears faults. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/simulate_report.h"
#include "cli/values.h"
#include "core/common/error.h"
#include "sim/measure.h"

#define LATENCY_MIN_MS 10
#define LATENCY_MAX_MS 50
#define SEED 1
/* What a core of some 3 GHz needs. */
#define SIGNATURE_US 100
#define ROW_US 1
#define KILOBYTE_US 7

struct simulate_options {
    struct measure_config config;
    bool json;
};

/* ---- ranges; the field of these is the whole of the options ---- */

/* Two whole numbers and a colon between them; or one, if `alone` allows that, for both. */
static bool read_range(uint32_t *from, uint32_t *to, const char *text, uint32_t max, bool alone)
{
    char first[16];
    const char *colon = strchr(text, ':');
    size_t digits = colon ? (size_t)(colon - text) : strlen(text);
    uint64_t low, high;

    if ((!colon && !alone) || digits >= sizeof first) {
        return false;
    }
    memcpy(first, text, digits);
    first[digits] = '\0';
    if (!value_whole(&low, first, max) || !value_whole(&high, colon ? colon + 1 : first, max)) {
        return false;
    }
    ASSERT(low <= max && high <= max);
    *from = (uint32_t)low;
    *to = (uint32_t)high;
    return true;
}

static bool take_latency(const struct argument_option *option, void *field, const char *text,
                         struct complaint *complaint)
{
    struct measure_config *config = &((struct simulate_options *)field)->config;

    ASSERT(option->offset == 0);
    return read_range(&config->latency_min_ms, &config->latency_max_ms, text, MEASURE_LATENCY_MS_MAX, true) ||
           complain(complaint,
                    "--latency '%.100s' is not a time or a range: expected milliseconds from 0 to %u, such as 20 or "
                    "10:50",
                    text, MEASURE_LATENCY_MS_MAX);
}

static bool take_partition(const struct argument_option *option, void *field, const char *text,
                           struct complaint *complaint)
{
    struct measure_config *config = &((struct simulate_options *)field)->config;

    ASSERT(option->offset == 0);
    if (!read_range(&config->part_from, &config->part_to, text, MEASURE_ROUNDS_MAX, false)) {
        return complain(complaint, "--partition '%.100s' is not a range of rounds: expected FROM:TO, such as 5:15",
                        text);
    }
    if (config->part_from >= config->part_to) {
        return complain(complaint, "--partition %.100s ends before it begins: expected FROM less than TO", text);
    }
    return true;
}

/* ---- the table ---- */

#define CHANCE(option, member, words)                                                                      \
    {                                                                                                      \
        .name = option, .value = "P", .help = words, TAKES_CHANCE(struct simulate_options, config.member), \
        .kind = "a chance"                                                                                 \
    }
#define COST(option, member, words)                                                                        \
    {                                                                                                      \
        .name = option, .value = "US", .help = words, TAKES_COUNT(struct simulate_options, config.member), \
        .kind = "a time in microseconds", .max = MEASURE_COST_US_MAX                                       \
    }

/* In the order of enum hc_exchange. */
static const char *const exchanges[] = {"full", "links", NULL};

static const struct argument_option option_list[] = {
    {.name = "nodes",
     .value = "N",
     .help = "number of nodes (required)",
     TAKES_COUNT(struct simulate_options, config.nodes),
     .kind = "a number of nodes",
     .min = 1,
     .max = HC_ROWS_MAX},
    {.name = "rounds",
     .value = "R",
     .help = "number of gossip rounds to measure, once all nodes know each other (required)",
     TAKES_COUNT(struct simulate_options, config.rounds),
     .kind = "a number of rounds",
     .min = 1,
     .max = MEASURE_ROUNDS_MAX},
    {.name = "exchange",
     .value = "MODE",
     .help = "how nodes talk: links (kept connections, changes at once) or full (all rows in each round) (default: "
             "links)",
     TAKES_WORD(struct simulate_options, config.exchange),
     .words = exchanges},
    OPTION_FANOUT(struct simulate_options, config.fanout),
    OPTION_GOSSIP_INTERVAL(struct simulate_options, config.gossip_interval_ms),
    OPTION_MUTATE_INTERVAL(struct simulate_options, config.mutate_interval_ms),
    {.name = "latency",
     .value = "MS[:MS]",
     .help = "time of a message, one way: fixed, or drawn from a range (default: 10:50)",
     .take = take_latency},
    CHANCE("loss", lost, "chance that a message is lost (default: 0)"),
    CHANCE("crash", crash,
           "chance that a node crashes in a round. It restarts from its disk ten rounds after all others have dropped "
           "it (default: 0)"),
    {.name = "partition",
     .value = "FROM:TO",
     .help = "cut the network into two halves after round FROM, and heal it after round TO (default: no cut)",
     .take = take_partition},
    CHANCE("stall", stall,
           "chance that a node stalls in a round, for up to three rounds, and misses its deadlines (default: 0)"),
    {.name = "payments",
     .value = "RATE",
     .help = "payments per node and second, to random payees (default: 0)",
     TAKES_RATE(struct simulate_options, config.payments),
     .kind = "a rate of payments",
     .max = MEASURE_PAYMENTS_MAX},
    COST("signature", signature_us,
         "microseconds that it takes a node to make or check a signature; 0: no time (default: 100)"),
    COST("row", row_us, "the same to compare a row that it is told (default: 1)"),
    COST("kilobyte", kilobyte_us, "the same to parse or write 1,000 bytes (default: 7)"),
    {.name = "link",
     .value = "BYTES",
     .help = "bytes per second that a node can send; 0: no limit (default: 0)",
     TAKES_COUNT(struct simulate_options, config.link_bytes_s),
     .kind = "a speed in bytes per second",
     .max = MEASURE_LINK_BYTES_MAX},
    {.name = "seed",
     .value = "X",
     .help = "seed of all random choices; the same seed gives the same figures (default: 1)",
     TAKES_NUMBER(struct simulate_options, config.seed),
     .kind = "a seed",
     .max = UINT64_MAX},
    {.name = "runs",
     .value = "K",
     .help = "number of runs, with the seeds X, X+1, ...; the figures cover all of them (default: 1)",
     TAKES_COUNT(struct simulate_options, config.runs),
     .kind = "a number of runs",
     .min = 1,
     .max = MEASURE_RUNS_MAX},
    OPTION_JSON(struct simulate_options, json, "print a JSON object (default: words)"),
    {0},
};

static const struct simulate_options defaults = {.config = {
                                                     .runs = 1,
                                                     .exchange = HC_EXCHANGE_LINKS,
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

/* What the configuration needs two nodes for. */
static const char *needs_two(const struct measure_config *config)
{
    return config->part_from < config->part_to ? "--partition" : config->payments > 0 ? "--payments" : "--crash";
}

static bool check(const void *context, struct complaint *complaint)
{
    const struct measure_config *config = &((const struct simulate_options *)context)->config;

    if (config->nodes == 0 || config->rounds == 0) {
        return complain(complaint, "--%s is required", config->nodes == 0 ? "nodes N" : "rounds R");
    }
    switch (measure_check(config)) {
    case MEASURE_POSSIBLE:
        return true;
    case MEASURE_LATENCY_BACKWARDS:
        return complain(complaint, "--latency %" PRIu32 ":%" PRIu32 " ends before it begins: expected MIN:MAX",
                        config->latency_min_ms, config->latency_max_ms);
    case MEASURE_LATENCY_TOO_LONG:
        return complain(complaint,
                        "--latency %" PRIu32 " leaves no time to answer: there and back takes at least %" PRIu32
                        " ms, and with --gossip-interval %" PRIu32 ".%03" PRIu32 " an exchange has %" PRIu32 " ms",
                        config->latency_min_ms, 2 * config->latency_min_ms, config->gossip_interval_ms / 1000,
                        config->gossip_interval_ms % 1000, measure_timeout_ms(config));
    case MEASURE_CUT_TOO_LATE:
        return complain(complaint,
                        "--partition %" PRIu32 ":%" PRIu32 " ends after the last round: --rounds is %" PRIu32,
                        config->part_from, config->part_to, config->rounds);
    case MEASURE_TOO_LONELY:
        break;
    }
    return complain(complaint, "%s needs two nodes or more, and --nodes is 1", needs_two(config));
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node simulate --nodes N --rounds R [OPTION]...",
    .description = "Runs a network of nodes in simulated time, and shows how fast a change spreads, what that costs, "
                   "and how the network copes with faults. After the last round all faults end, and the network has "
                   "some rounds to agree.",
    .options = option_list,
    .options_bytes = sizeof(struct simulate_options),
    .defaults = &defaults,
    .check = check,
};

/* ---- all together ---- */

/* One line on a terminal, written over and over. */
static void show_progress(void *context, uint32_t run, uint32_t rounds)
{
    const struct measure_config *config = context;

    (void)fprintf(stderr, "\rrun %" PRIu32 " of %" PRIu32 ", ", run, config->runs);
    if (rounds == 0) {
        (void)fprintf(stderr, "the nodes are joining\x1b[K");
    } else {
        (void)fprintf(stderr, "round %" PRIu32 " of %" PRIu32 "\x1b[K", rounds, config->rounds);
    }
    (void)fflush(stderr);
}

static int run(const void *context)
{
    const struct simulate_options *options = context;
    const struct measure_config *config = &options->config;
    struct measured measured;
    struct textbuf buf = {0};
    bool terminal = isatty(STDERR_FILENO);

    measure_run(config, &measured, terminal ? show_progress : NULL, (void *)config);
    if (terminal) {
        (void)fprintf(stderr, "\r\x1b[K");
    }
    if (!measured.joined) {
        return cli_failed("the nodes do not come together: there must be time for an exchange (--latency, --link, "
                          "--gossip-interval), and for the work (--signature, --row, --kilobyte)");
    }
    (options->json ? report_json : report_words)(&buf, config, &measured);
    int status = cli_print(&buf);
    textbuf_free(&buf);
    return status;
}

const struct command command_simulate = {
    .name = "simulate", .summary = "measure a network of N nodes in simulated time", .syntax = &syntax, .run = run};
