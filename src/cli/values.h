/* The kinds of values that options take: for each a function for `take` in a table of options, and a macro that names
 * the field it sets. The macros refuse a field of the wrong type at compile time.
 *
 *     {.name = "nodes", .value = "N", TAKES_COUNT(struct wait_options, nodes), .kind = "a number of nodes", .min = 1, ...}
 */
#ifndef HOWCOIN_CLI_VALUES_H
#define HOWCOIN_CLI_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/arguments.h"
#include "core/rows/tags.h"

#define VALUE_FIELD(options, member, type) \
    .offset = _Generic(&((options *)NULL)->member, type * : offsetof(options, member))

/* A port that may be said twice, as an option and as an operand, if it is the same. */
struct port_value {
    bool given;
    uint16_t number;
};

/* The option takes no value: true if it is there. */
#define TAKES_FLAG(options, member) .take = take_flag, VALUE_FIELD(options, member, bool)
/* A port of at least `min`. */
#define TAKES_PORT(options, member) .take = take_port, VALUE_FIELD(options, member, struct port_value)
/* A whole number from `min` to `max`; `kind`. */
#define TAKES_COUNT(options, member) .take = take_count, VALUE_FIELD(options, member, uint32_t)
#define TAKES_NUMBER(options, member) .take = take_number, VALUE_FIELD(options, member, uint64_t)
/* Seconds with up to three decimals, as milliseconds from `min` to `max`; `kind`, `zero`. */
#define TAKES_SECONDS(options, member) .take = take_seconds, VALUE_FIELD(options, member, uint32_t)
/* From 0 to `max`, with up to six decimals, as millionths; `kind`. */
#define TAKES_CHANCE(options, member) .take = take_chance, .max = 1, VALUE_FIELD(options, member, uint32_t)
#define TAKES_RATE(options, member) .take = take_rate, VALUE_FIELD(options, member, uint64_t)
/* One of `words`, as its place among them: an enum of the same order. */
#define TAKES_WORD(options, member) .take = take_word, VALUE_FIELD(options, member, unsigned)
/* Up to `max` bytes of printable UTF-8; `kind`. */
#define TAKES_TEXT(options, member) .take = take_text, VALUE_FIELD(options, member, const char *)
/* A path that is not empty. */
#define TAKES_PATH(options, member) .take = take_path, VALUE_FIELD(options, member, const char *)
/* KEY=VALUE, or KEY= to remove a tag, as one more change. The same change may be given twice. */
#define TAKES_TAG(options, member) .take = take_tag, VALUE_FIELD(options, member, struct hc_tags)

bool take_flag(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_port(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_count(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_number(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_seconds(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_chance(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_rate(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_word(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_text(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_path(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);
bool take_tag(const struct argument_option *option, void *field, const char *text, struct complaint *complaint);

/* ---- for operands, and for kinds of values of one command ---- */

/* A whole number: digits, nothing before, nothing after. */
bool value_whole(uint64_t *number, const char *text, uint64_t max);
/* A port from `min` on; complains in the name of `what`. */
bool value_port(struct port_value *port, const char *what, uint16_t min, const char *text, struct complaint *complaint);
/* KEY=VALUE. */
bool value_tag(struct hc_tags *changes, const char *text, struct complaint *complaint);

/* ---- options that more than one command has ---- */

/* How a node keeps time, of `run` and `simulate`. */
#define GOSSIP_INTERVAL_MS 3000
#define MUTATE_INTERVAL_MS 8000
#define FANOUT 8
#define OPTION_GOSSIP_INTERVAL(options, member)                                                                     \
    {                                                                                                               \
        .name = "gossip-interval", .value = "SECONDS", .help = "time between gossip rounds (default: 3)",           \
        TAKES_SECONDS(options, member), .kind = "an interval", .min = HC_INTERVAL_MS_MIN, .max = HC_INTERVAL_MS_MAX \
    }
#define OPTION_MUTATE_INTERVAL(options, member)                                                                      \
    {                                                                                                                \
        .name = "mutate-interval", .value = "SECONDS",                                                               \
        .help = "time between draws of new coins; 0: draw only at the start (default: 8)",                           \
        TAKES_SECONDS(options, member), .kind = "an interval", .min = HC_INTERVAL_MS_MIN, .max = HC_INTERVAL_MS_MAX, \
        .zero = "never"                                                                                              \
    }
#define OPTION_FANOUT(options, member)                                                              \
    {                                                                                               \
        .name = "fanout", .value = "N", .help = "peers to contact in a round; 0: all (default: 8)", \
        TAKES_COUNT(options, member), .kind = "a number of peers", .max = HC_ROWS_MAX               \
    }
#define OPTION_JSON(options, member, words)                        \
    {                                                              \
        .name = "json", .help = words, TAKES_FLAG(options, member) \
    }

#endif
