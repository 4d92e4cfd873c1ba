/* The table that people see (V1): how plain facts become lines. Pure: no node, no terminal, no clock, so that `run`
 * and `status` show the same, and a test can read it. */
#ifndef HOWCOIN_CLI_VIEW_H
#define HOWCOIN_CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/textbuf.h"
#include "cli/view_text.h"
#include "core/node/members.h"
#include "core/table/ledger.h"
#include "daemon/linked.h"

/* The digits of an id that are shown: enough to tell the nodes of one table apart. */
#define VIEW_ID_CHARS 8

struct view_row {
    const char *address, *name; /* borrowed; name may be empty */
    const char *tags;           /* in words, to be listed below the table; borrowed. NULL: none, or not to be shown */
    char id[VIEW_ID_CHARS + 1];
    enum hc_member_status status;
    enum hc_code reason; /* why it is not live */
    uint64_t coins, version;
    hc_coin_sum balance, paid, received;
    int64_t age_ms; /* since the row changed */
    bool self, forked;
    bool incomplete; /* rows of its owner were left out */
    bool changed;    /* since the table before; highlighted */
    bool standing;   /* another node thinks otherwise of its status, and both have looked into it */
    enum link_kind link;
    const char *mode; /* how its owner talks; static or borrowed. NULL: as this node does, or not known */
};

struct view {
    uint64_t round;
    bool agree;        /* all peers that were asked in the last round hold the same table */
    size_t heard;      /* peers whose word of their tables this node has */
    size_t agreeing;   /* of them, those that told this table last */
    hc_coin_sum coins; /* balances of the live nodes together */
    size_t live;       /* nodes, this one included */
    bool list_gone;    /* name the nodes that are not live below the table */
    struct view_row *rows;
    size_t count; /* of any status; only live ones are rows of the table */
};

/* Who agrees, in words, and in which color: "all agree", "6 of 6 heard from agree". Of live nodes (this one included), of
 * peers heard from, and of those that agree; `agree` as in struct view. */
#define VIEW_AGREEMENT_CHARS 80
enum view_ink view_agreement(char out[static VIEW_AGREEMENT_CHARS], size_t live, size_t heard, size_t agreeing,
                             bool agree);

/* Adds the table, an empty line first. Sorts view->rows by address: 127.0.0.1:8000 before :10000. */
void view_format(struct textbuf *buf, struct view *view, const struct view_style *style);

#endif
