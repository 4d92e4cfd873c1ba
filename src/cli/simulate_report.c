/* The figures of a simulation as JSON and in words. All of them are whole numbers until they are written, so that
 * the same figures give the same text on any machine. */
#include "cli/simulate_report.h"

#include <inttypes.h>

#include "core/common/error.h"

#define BAR_WIDTH 50u

/* ---- numbers ---- */

/* scale * total / parts with three decimals, rounded. */
static void put_scaled(struct textbuf *buf, uint64_t total, uint64_t parts, unsigned scale)
{
    __extension__ typedef unsigned __int128 wide;

    ASSERT(parts > 0);
    uint64_t thousandths = (uint64_t)(((wide)total * 1000 * scale + parts / 2) / parts);
    textbuf_printf(buf, "%" PRIu64 ".%03" PRIu64, thousandths / 1000, thousandths % 1000);
}

static void put_quotient(struct textbuf *buf, uint64_t total, uint64_t parts)
{
    put_scaled(buf, total, parts, 1);
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

/* In the simple form every row comes in every exchange. */
static bool has_copies(const struct measure_config *config, const struct measured *measured)
{
    return config->exchange == HC_EXCHANGE_LINKS && measured->wanted > 0;
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

/* Per node and second. */
static void json_rate(struct textbuf *buf, const char *name, uint64_t total, uint64_t node_ms)
{
    textbuf_printf(buf, ",\"%s\":", name);
    put_scaled(buf, total, node_ms, 1000);
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

void report_json(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    uint64_t node_ms = (uint64_t)config->nodes * config->runs * config->rounds * config->gossip_interval_ms;

    textbuf_printf(buf, "{\"nodes\":%" PRIu32 ",\"exchange\":\"%s\",\"runs\":%" PRIu32 ",\"seed\":%" PRIu64,
                   config->nodes, hc_exchange_name(config->exchange), config->runs, config->seed);
    json_times(buf, "spread_s", &measured->spread);
    textbuf_puts(buf, ",\"spread_curve\":");
    for (size_t i = 0; i < measured->curve_count; i++) {
        textbuf_puts(buf, i > 0 ? "," : "[");
        put_quotient(buf, measured->curve[i].mean, 1000);
    }
    textbuf_puts(buf, measured->curve_count > 0 ? "]" : "null");
    textbuf_puts(buf, ",\"curve_step_s\":");
    put_seconds(buf, measure_step_ms(config));
    textbuf_puts(buf, ",\"copies\":");
    if (has_copies(config, measured)) {
        put_quotient(buf, measured->copies, measured->wanted);
    } else {
        textbuf_puts(buf, "null");
    }
    json_rate(buf, "bytes_per_node_per_s", measured->bytes, node_ms);
    json_rate(buf, "wire_bytes_per_node_per_s", measured->wire_bytes, node_ms);
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
    textbuf_printf(buf, " s, exchange %s, ", hc_exchange_name(config->exchange));
    if (config->exchange == HC_EXCHANGE_FULL) {
        textbuf_printf(buf, "fanout %" PRIu32 ", ", config->fanout);
    }
    textbuf_printf(buf, "seed %" PRIu64, config->seed);
    if (config->runs > 1) {
        textbuf_printf(buf, " to %" PRIu64 " (%" PRIu32 " runs)", config->seed + config->runs - 1, config->runs);
    }
    textbuf_puts(buf, "\n");
}

/* A line for each step: what share of the nodes knew a change by then; the bar is the worst change, and on to the
 * mean. */
static void put_curve(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    if (measured->curve_count == 0) {
        return;
    }
    bool links = config->exchange == HC_EXCHANGE_LINKS;
    textbuf_printf(buf, "\nNodes that know a change\n\n%6s      mean       p50       p99     worst   # worst, + mean\n",
                   links ? "ms" : "rounds");
    for (size_t i = 0; i < measured->curve_count; i++) {
        const struct measure_share *share = &measured->curve[i];
        textbuf_printf(buf, "%6zu  ", links ? i * measure_step_ms(config) : i);
        put_percent(buf, share->mean);
        put_percent(buf, share->p50);
        put_percent(buf, share->p99);
        put_percent(buf, share->worst);
        uint32_t worst = share->worst * BAR_WIDTH / 1000, mean = share->mean * BAR_WIDTH / 1000;
        ASSERT(worst <= mean && mean <= BAR_WIDTH);
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
        textbuf_puts(buf, "no change, or none that reached all nodes\n");
    }
    if (measured->spread_unknown > 0) {
        textbuf_printf(buf, "                 %" PRIu64 " did not reach all nodes by the end\n",
                       measured->spread_unknown);
    }
}

static void put_traffic(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    uint64_t node_rounds = (uint64_t)config->nodes * config->runs * config->rounds;
    uint64_t node_ms = node_rounds * config->gossip_interval_ms;

    if (has_copies(config, measured)) {
        textbuf_puts(buf, "copies of a row  ");
        put_quotient(buf, measured->copies, measured->wanted);
        textbuf_puts(buf, " that a node is told of each that another one makes\n");
    }
    textbuf_puts(buf, "a node sends     ");
    textbuf_printf(buf, "%" PRIu64 " bytes a second, with TCP's %" PRIu64 "\n",
                   (measured->bytes * 1000 + node_ms / 2) / node_ms,
                   (measured->wire_bytes * 1000 + node_ms / 2) / node_ms);
    textbuf_puts(buf, "a node's round   ");
    textbuf_printf(buf, "%" PRIu64 " bytes and ", (measured->bytes + node_rounds / 2) / node_rounds);
    put_quotient(buf, measured->messages, node_rounds);
    textbuf_puts(buf, " messages sent, ");
    put_quotient(buf, measured->exchanges, node_rounds);
    textbuf_puts(buf, " requests among them\n");
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
        textbuf_puts(buf, " s, until the node has time for it\n");
    }
    if (config->link_bytes_s > 0) {
        textbuf_puts(buf, "its line is busy ");
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
        textbuf_printf(buf, "                 %" PRIu64 " dead nodes were not dropped by all by the end\n",
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
    textbuf_puts(buf, measured->sum_ok ? "                 the balances add up to the coins drawn\n"
                                       : "                 the balances do NOT add up to the coins drawn\n");
}

void report_words(struct textbuf *buf, const struct measure_config *config, const struct measured *measured)
{
    put_head(buf, config);
    put_curve(buf, config, measured);
    put_spread(buf, measured);
    put_traffic(buf, config, measured);
    put_load(buf, config, &measured->load);
    put_faults(buf, config, measured);
    put_end(buf, config, measured);
}
