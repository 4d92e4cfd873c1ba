#include "daemon/report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/row.h"
#include "core/text.h"
#include "daemon/control_tag.h"

/* Digits of a 128-bit integer, its sign and its end. */
#define INTEGER_CHARS 48

/* An object that is being put together. A piece for which memory ran out marks the whole as failed, so that one look at
 * the end is enough: half a report is none. */
struct report {
    cJSON *root;
    bool failed;
};

static cJSON *add_object(struct report *report, cJSON *to, const char *key)
{
    cJSON *object = cJSON_AddObjectToObject(to, key);
    report->failed = report->failed || !object;
    return object;
}

static void add_text(struct report *report, cJSON *to, const char *key, const char *text)
{
    report->failed = !cJSON_AddStringToObject(to, key, text) || report->failed;
}

static void add_bool(struct report *report, cJSON *to, const char *key, bool value)
{
    report->failed = !cJSON_AddBoolToObject(to, key, value) || report->failed;
}

/* cJSON holds numbers as doubles and prints large ones with an exponent; integers are written here, digit by digit. */
static void add_integer(struct report *report, cJSON *to, const char *key, hc_coin_sum value)
{
    char text[INTEGER_CHARS];
    char *at = text + sizeof text - 1;
    bool negative = value < 0;

    *at = '\0';
    do {
        int digit = (int)(value % 10);
        *--at = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value != 0);
    if (negative) {
        *--at = '-';
    }
    report->failed = !cJSON_AddRawToObject(to, key, at) || report->failed;
}

static void add_hex(struct report *report, cJSON *to, const char *key, const uint8_t *bytes, size_t count)
{
    char hex[HEX_CHARS(HC_HASH_BYTES) + 1];

    hex_encode(hex, bytes, count);
    add_text(report, to, key, hex);
}

static void add_who(struct report *report, cJSON *to, const struct hc_row *row)
{
    add_hex(report, to, "id", row->fields.id, HC_ID_BYTES);
    add_text(report, to, "addr", row->fields.addr);
    add_text(report, to, "name", row->fields.name);
}

static void add_tags(struct report *report, cJSON *to, const struct hc_row *row)
{
    report->failed = !tags_report(to, row) || report->failed;
}

static void add_node(struct report *report, cJSON *nodes, const struct hc_node_row_view *view, int64_t now_ms)
{
    cJSON *to = cJSON_CreateObject();

    if (!to || !cJSON_AddItemToArray(nodes, to)) {
        cJSON_Delete(to);
        report->failed = true;
        return;
    }
    add_who(report, to, view->row);
    add_tags(report, to, view->row);
    add_integer(report, to, "coins", (hc_coin_sum)view->row->fields.coins);
    add_integer(report, to, "balance", view->balance);
    add_integer(report, to, "paid", view->paid);
    add_integer(report, to, "received", view->received);
    add_integer(report, to, "draw", (hc_coin_sum)view->row->fields.draw);
    add_integer(report, to, "version", (hc_coin_sum)view->row->fields.version);
    add_text(report, to, "status", hc_member_status_name(view->status));
    if (view->status != HC_MEMBER_LIVE) {
        add_text(report, to, "reason", hc_code_name(view->reason));
    }
    add_bool(report, to, "forked", view->forked);
    add_bool(report, to, "incomplete", view->incomplete);
    add_bool(report, to, "self", view->self);
    add_integer(report, to, "age_ms", now_ms > view->changed_ms ? now_ms - view->changed_ms : 0);
    if (view->answered_ms != HC_NEVER_MS) {
        add_integer(report, to, "answered_ms", now_ms > view->answered_ms ? now_ms - view->answered_ms : 0);
    }
}

static void add_nodes(struct report *report, const struct hc_node *node, const struct hc_node_view *look,
                      int64_t now_ms)
{
    struct hc_node_row_view view;
    cJSON *nodes = cJSON_AddArrayToObject(report->root, "nodes");

    if (!nodes) {
        report->failed = true;
        return;
    }
    for (size_t i = 0; i < look->known && !report->failed; i++) {
        hc_node_look_at(node, i, &view);
        add_node(report, nodes, &view, now_ms);
    }
}

/* The report as one line with its end; drops the report. */
static char *report_line(struct report *report)
{
    char *text = report->failed ? NULL : cJSON_PrintUnformatted(report->root);
    char *line = NULL;

    cJSON_Delete(report->root);
    if (!text) {
        return NULL;
    }
    size_t bytes = strlen(text);
    line = malloc(bytes + 2);
    if (line) {
        memcpy(line, text, bytes);
        memcpy(line + bytes, "\n", 2);
    }
    cJSON_free(text);
    return line;
}

static bool report_begin(struct report *report)
{
    *report = (struct report){.root = cJSON_CreateObject()};
    return report->root;
}

char *report_status(const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms)
{
    struct report report;
    struct hc_node_view look;
    size_t memory_bytes = 0;

    if (!report_begin(&report)) {
        return NULL;
    }
    hc_node_look(node, &look);
    cJSON *self = add_object(&report, report.root, "self");
    add_hex(&report, self, "id", facts->id, HC_ID_BYTES);
    add_text(&report, self, "addr", facts->address);
    add_integer(&report, self, "port", facts->port);
    add_text(&report, self, "reachable", hc_reach_name(look.reach));
    add_text(&report, self, "name", look.row ? look.row->fields.name : "");
    add_hex(&report, report.root, "network", look.network, HC_NETWORK_BYTES);
    add_text(&report, report.root, "network_name", facts->network_name);
    add_integer(&report, report.root, "round", (hc_coin_sum)look.round);
    add_bool(&report, report.root, "agree", look.agree);
    add_hex(&report, report.root, "table", look.digest, HC_DIGEST_BYTES);
    add_text(&report, report.root, "store", facts->ephemeral ? "none" : look.store_failed ? "failed" : "ok");
    add_bool(&report, report.root, "recovering", look.recovering);
    add_nodes(&report, node, &look, now_ms);
    cJSON *refused = add_object(&report, report.root, "refused");
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        if (look.refused[code] > 0) {
            add_integer(&report, refused, hc_code_name((enum hc_code)code), (hc_coin_sum)look.refused[code]);
        }
    }
    add_integer(&report, report.root, "waiting", (hc_coin_sum)look.waiting);
    if (uv_resident_set_memory(&memory_bytes) != 0) {
        memory_bytes = 0; /* nobody's status should fail for that */
    }
    add_integer(&report, report.root, "memory_bytes", (hc_coin_sum)memory_bytes);
    add_integer(&report, report.root, "uptime_ms", now_ms - facts->started_ms);
    add_integer(&report, report.root, "longest_loop_ms", (hc_coin_sum)(facts->longest_loop_ns / 1000000));
    return report_line(&report);
}

static void add_why(struct report *report, const struct hc_notice *notice)
{
    add_text(report, report->root, "reason", hc_code_name(notice->code));
    add_text(report, report->root, "message", notice->text[0] != '\0' ? notice->text : hc_code_text(notice->code));
}

static void add_round(struct report *report, const struct hc_node *node, int64_t at_ms)
{
    struct hc_node_view look;

    hc_node_look(node, &look);
    add_integer(report, report->root, "round", (hc_coin_sum)look.round);
    add_integer(report, report->root, "live", (hc_coin_sum)look.live);
    add_bool(report, report->root, "agree", look.agree);
    add_hex(report, report->root, "table", look.digest, HC_DIGEST_BYTES);
    add_nodes(report, node, &look, at_ms);
}

static void add_details(struct report *report, const struct hc_node *node, const struct runtime_facts *facts,
                        const struct hc_notice *notice, int64_t at_ms)
{
    switch (notice->kind) {
    case HC_NOTICE_STARTED:
        add_integer(report, report->root, "port", facts->port);
        if (notice->row) {
            add_integer(report, report->root, "coins", (hc_coin_sum)notice->row->fields.coins);
            add_tags(report, report->root, notice->row);
        }
        break;
    case HC_NOTICE_DROPPED:
    case HC_NOTICE_UNANSWERED:
        add_why(report, notice);
        break;
    case HC_NOTICE_MUTATED:
        add_integer(report, report->root, "from", (hc_coin_sum)notice->from);
        add_integer(report, report->root, "to", (hc_coin_sum)notice->to);
        if (notice->row) {
            add_integer(report, report->root, "draw", (hc_coin_sum)notice->row->fields.draw);
            add_integer(report, report->root, "version", (hc_coin_sum)notice->row->fields.version);
        }
        break;
    case HC_NOTICE_REFUSED:
        add_why(report, notice);
        add_integer(report, report->root, "count", (hc_coin_sum)notice->count);
        break;
    case HC_NOTICE_UNREACHED:
        add_integer(report, report->root, "peers", (hc_coin_sum)notice->count);
        break;
    case HC_NOTICE_ROUND:
        add_round(report, node, at_ms);
        break;
    case HC_NOTICE_PAID:
    case HC_NOTICE_RECEIVED:
        add_integer(report, report->root, "amount", (hc_coin_sum)notice->to);
        break;
    case HC_NOTICE_STORE_FAILED:
        add_text(report, report->root, "message", notice->text);
        break;
    case HC_NOTICE_JOINED:
    case HC_NOTICE_RETURNED:
    case HC_NOTICE_TAGGED:
        if (notice->row) {
            add_tags(report, report->root, notice->row);
        }
        break;
    case HC_NOTICE_LEFT:
    case HC_NOTICE_FORKED:
    case HC_NOTICE_REACHED:
    case HC_NOTICE_TWIN:
        break;
    }
}

char *report_event(const struct hc_node *node, const struct runtime_facts *facts, const struct hc_notice *notice,
                   int64_t at_ms)
{
    struct report report;

    if (!report_begin(&report)) {
        return NULL;
    }
    add_text(&report, report.root, "event", hc_notice_kind_name(notice->kind));
    add_integer(&report, report.root, "at_ms", at_ms);
    if (notice->row) {
        add_who(&report, report.root, notice->row);
    }
    add_details(&report, node, facts, notice, at_ms);
    return report_line(&report);
}
