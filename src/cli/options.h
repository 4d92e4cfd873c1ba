/* The options of `run`: what starts a node. */
#ifndef HOWCOIN_CLI_OPTIONS_H
#define HOWCOIN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/arguments.h"
#include "core/limits.h"
#include "core/tags.h"

#define GOSSIP_INTERVAL_MS 3000
#define MUTATE_INTERVAL_MS 8000
#define FANOUT 8

enum output_kind { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_NONE };
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
/* How much is said on standard error; each level says what those before it say, too. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct run_options {
    bool version; /* only tell the version */
    bool port_given;
    uint16_t port;                                         /* 0: any free one */
    bool peer_operand;                                     /* the tutorial's PEER_PORT was given */
    char contacts[HC_CONTACTS_MAX][HC_ADDR_BYTES_MAX + 1]; /* canonical, each once */
    size_t contact_count;
    char bind_host[HC_ADDR_BYTES_MAX + 1];     /* without brackets */
    char advertise[HC_ADDR_BYTES_MAX + 1 + 2]; /* HOST or HOST:PORT, IPv6 in brackets; empty: not given */
    const char *coins_file;                    /* NULL: not given */
    const char *network_name, *name;           /* may be empty */
    struct hc_tags tags;                       /* changes of those from before */
    uint32_t gossip_interval_ms, mutate_interval_ms, fanout;
    const char *data_dir; /* NULL: not given */
    bool ephemeral;
    bool alone;
    enum output_kind output;
    enum color_choice color;
    enum log_level log_level;
};

extern const struct argument_syntax run_syntax;

/* Reads argv[1] to argv[argc - 1] into `options`, strings of which stay in argv. Of a wrong command line the
 * complaint quotes what was wrong and says what is expected. */
enum arguments_result options_parse(struct run_options *options, int argc, char **argv, struct complaint *complaint);

#endif
