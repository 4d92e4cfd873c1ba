/* The options of `run`: what starts a node. */
#ifndef HOWCOIN_CLI_OPTIONS_H
#define HOWCOIN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/values.h"
#include "core/common/limits.h"
#include "core/rows/tags.h"
#include "howcoin/node.h"

enum output_kind { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_NONE };
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
/* How much is said on standard error; each level says what those before it say, too. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Strings stay in argv, but for the addresses. */
struct run_options {
    bool version;                                          /* only tell the version */
    struct port_value port;                                /* 0: any free one */
    bool peer_operand;                                     /* the tutorial's PEER_PORT was given */
    char contacts[HC_CONTACTS_MAX][HC_ADDR_BYTES_MAX + 1]; /* canonical, each once */
    size_t contact_count;
    char bind_host[HC_ADDR_BYTES_MAX + 1];     /* without brackets */
    char advertise[HC_ADDR_BYTES_MAX + 1 + 2]; /* HOST or HOST:PORT, IPv6 in brackets; empty: not given */
    const char *coins_file;                    /* NULL: not given */
    const char *network_name, *name;           /* may be empty */
    struct hc_tags tags;                       /* changes of those from before */
    uint32_t gossip_interval_ms, mutate_interval_ms;
    enum hc_exchange exchange;
    uint32_t fanout, links, patience;
    const char *data_dir; /* NULL: not given */
    bool ephemeral;
    bool alone;
    enum output_kind output;
    enum color_choice color;
    enum log_level log_level;
};

extern const struct argument_syntax run_syntax;

#endif
