/* The status object and the events, key by key. */
#include "daemon/report.h"

#include <string.h>
#include <uv.h>

#include "core/common/error.h"
#include "howcoin/row.h"

void report_who(struct json *json, cJSON *to, const uint8_t id[static HC_ID_BYTES], const struct hc_row *row)
{
    json_hex(json, to, "id", id, HC_ID_BYTES);
    json_text(json, to, "addr", row ? hc_row_fields(row)->addr : "");
    json_text(json, to, "name", row ? hc_row_fields(row)->name : "");
}

void report_tags(struct json *json, cJSON *to, const struct hc_row *row)
{
    char key[HC_TAG_KEY_BYTES_MAX + 1], value[HC_TAGS_BYTES_MAX + 1];
    const struct hc_row_fields *fields = hc_row_fields(row);
    const uint8_t *at = fields->tags, *end = at + fields->tags_bytes;
    cJSON *object = json_object(json, to, "tags");
    struct hc_tag tag;
    while (!json->failed && hc_tags_next(&tag, &at, end)) {
        ASSERT(tag.key_bytes < sizeof key && tag.value_bytes < sizeof value);
        memcpy(key, tag.key, tag.key_bytes);
        key[tag.key_bytes] = '\0';
        memcpy(value, tag.value, tag.value_bytes);
        value[tag.value_bytes] = '\0';
        json_text(json, object, key, value);
    }
}

void report_opinion(struct json *json, cJSON *to, const struct hc_node_row_view *view, const struct linked *linked)
{
    enum link_kind link = linked_with(linked, hc_row_fields(view->row)->id);
    json_text(json, to, "status", hc_member_status_name(view->status));
    if (view->status != HC_MEMBER_LIVE) {
        json_text(json, to, "reason", hc_code_name(view->reason));
    }
    if (link != LINK_NONE) {
        json_text(json, to, "link", link_kind_name(link));
    }
    if (view->mode_known) {
        json_text(json, to, "mode", hc_exchange_name(view->mode));
    }
    json_bool(json, to, "standing", view->standing);
}

static void add_node(struct json *json, cJSON *nodes, const struct hc_node_row_view *view, const struct linked *linked,
                     int64_t now_ms)
{
    const struct hc_row_fields *fields = hc_row_fields(view->row);
    cJSON *to = json_item(json, nodes);
    report_who(json, to, fields->id, view->row);
    report_tags(json, to, view->row);
    json_integer(json, to, "coins", (hc_coin_sum)fields->coins);
    json_integer(json, to, "balance", view->balance);
    json_integer(json, to, "paid", view->paid);
    json_integer(json, to, "received", view->received);
    json_integer(json, to, "draw", (hc_coin_sum)fields->draw);
    json_integer(json, to, "version", (hc_coin_sum)fields->version);
    report_opinion(json, to, view, linked);
    json_bool(json, to, "forked", view->forked);
    json_bool(json, to, "incomplete", view->incomplete);
    json_bool(json, to, "self", view->self);
    json_integer(json, to, "age_ms", now_ms > view->changed_ms ? now_ms - view->changed_ms : 0);
    if (view->answered_ms != HC_NEVER_MS) {
        json_integer(json, to, "answered_ms", now_ms > view->answered_ms ? now_ms - view->answered_ms : 0);
    }
}

static void add_nodes(struct json *json, cJSON *to, const struct hc_node *node, const struct linked *linked,
                      size_t known, int64_t now_ms)
{
    struct hc_node_row_view view;
    cJSON *nodes = json_array(json, to, "nodes");
    for (size_t i = 0; i < known && !json->failed; i++) {
        hc_node_look_at(node, i, &view);
        add_node(json, nodes, &view, linked, now_ms);
    }
}

static void add_agreement(struct json *json, cJSON *to, const struct hc_node_view *look)
{
    json_bool(json, to, "agree", look->agree);
    json_integer(json, to, "heard", (hc_coin_sum)look->heard);
    json_integer(json, to, "agreeing", (hc_coin_sum)look->agreeing);
}

static void add_links(struct json *json, cJSON *to, const struct linked *linked)
{
    json_integer(json, to, "ours", (hc_coin_sum)linked->ours);
    json_integer(json, to, "theirs", (hc_coin_sum)(linked->count - linked->ours));
    json_text(json, to, "ring", ring_state_name(linked->ring));
}

/* 0 if the system does not tell: no status should fail for that. */
static size_t resident_bytes(void)
{
    size_t bytes = 0;
    return uv_resident_set_memory(&bytes) == 0 ? bytes : 0;
}

static void add_self(struct json *json, cJSON *to, const struct hc_node_view *look, const struct runtime_facts *facts)
{
    json_hex(json, to, "id", facts->id, HC_ID_BYTES);
    json_text(json, to, "addr", facts->address);
    json_integer(json, to, "port", facts->port);
    json_text(json, to, "reachable", hc_reach_name(look->reach));
    json_text(json, to, "name", look->row ? hc_row_fields(look->row)->name : "");
}

static void add_refused(struct json *json, cJSON *to, const uint64_t *refused)
{
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        if (refused[code] > 0) {
            json_integer(json, to, hc_code_name((enum hc_code)code), (hc_coin_sum)refused[code]);
        }
    }
}

static void add_digest(struct json *json, cJSON *to, const struct hc_node *node)
{
    uint8_t digest[HC_DIGEST_BYTES];
    hc_node_digest(node, digest);
    json_hex(json, to, "table", digest, HC_DIGEST_BYTES);
}

/* A line a figure: one more is added here, and in docs/CONTROL.md. */
char *report_status(const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms)
{
    struct json json;
    struct hc_node_view look;
    struct linked linked;
    json_begin(&json);
    cJSON *root = json.root;
    hc_node_look(node, &look);
    linked_read(&linked, node);
    add_self(&json, json_object(&json, root, "self"), &look, facts);
    json_hex(&json, root, "network", look.network, HC_NETWORK_BYTES);
    json_text(&json, root, "network_name", facts->network_name);
    json_integer(&json, root, "round", (hc_coin_sum)look.round);
    add_agreement(&json, root, &look);
    add_digest(&json, root, node);
    json_text(&json, root, "store", facts->ephemeral ? "none" : look.store_failed ? "failed" : "ok");
    json_bool(&json, root, "recovering", look.recovering);
    add_links(&json, json_object(&json, root, "links"), &linked);
    add_nodes(&json, root, node, &linked, look.known, now_ms);
    add_refused(&json, json_object(&json, root, "refused"), look.refused);
    json_integer(&json, root, "waiting", (hc_coin_sum)look.waiting);
    json_integer(&json, root, "memory_bytes", (hc_coin_sum)resident_bytes());
    json_integer(&json, root, "uptime_ms", now_ms - facts->started_ms);
    json_integer(&json, root, "longest_loop_ms", (hc_coin_sum)(facts->longest_loop_ns / 1000000));
    return json_line(&json);
}

static void add_why(struct json *json, cJSON *to, const struct hc_notice *notice)
{
    json_text(json, to, "reason", hc_code_name(notice->code));
    json_text(json, to, "message", notice->text[0] != '\0' ? notice->text : hc_code_text(notice->code));
}

static void add_round(struct json *json, cJSON *to, const struct hc_node *node, int64_t at_ms)
{
    struct hc_node_view look;
    struct linked linked;
    hc_node_look(node, &look);
    linked_read(&linked, node);
    json_integer(json, to, "round", (hc_coin_sum)look.round);
    json_integer(json, to, "live", (hc_coin_sum)look.live);
    add_agreement(json, to, &look);
    add_digest(json, to, node);
    add_nodes(json, to, node, &linked, look.known, at_ms);
}

static void add_started(struct json *json, cJSON *to, const struct runtime_facts *facts, const struct hc_notice *notice)
{
    json_integer(json, to, "port", facts->port);
    if (notice->row) {
        json_integer(json, to, "coins", (hc_coin_sum)hc_row_fields(notice->row)->coins);
        report_tags(json, to, notice->row);
    }
}

static void add_mutated(struct json *json, cJSON *to, const struct hc_notice *notice)
{
    json_integer(json, to, "from", (hc_coin_sum)notice->from);
    json_integer(json, to, "to", (hc_coin_sum)notice->to);
    if (notice->row) {
        json_integer(json, to, "draw", (hc_coin_sum)hc_row_fields(notice->row)->draw);
        json_integer(json, to, "version", (hc_coin_sum)hc_row_fields(notice->row)->version);
    }
}

/* What an event of this kind says beside who it is about. */
static void add_details(struct json *json, cJSON *to, const struct hc_node *node, const struct runtime_facts *facts,
                        const struct hc_notice *notice, int64_t at_ms)
{
    switch (notice->kind) {
    case HC_NOTICE_STARTED:
        add_started(json, to, facts, notice);
        break;
    case HC_NOTICE_DROPPED:
    case HC_NOTICE_UNANSWERED:
    case HC_NOTICE_UNLINKED:
        add_why(json, to, notice);
        break;
    case HC_NOTICE_MUTATED:
        add_mutated(json, to, notice);
        break;
    case HC_NOTICE_REFUSED:
        add_why(json, to, notice);
        json_integer(json, to, "count", (hc_coin_sum)notice->count);
        break;
    case HC_NOTICE_UNREACHED:
        json_integer(json, to, "peers", (hc_coin_sum)notice->count);
        break;
    case HC_NOTICE_ROUND:
        add_round(json, to, node, at_ms);
        break;
    case HC_NOTICE_PAID:
    case HC_NOTICE_RECEIVED:
        json_integer(json, to, "amount", (hc_coin_sum)notice->to);
        break;
    case HC_NOTICE_ACCUSED:
        add_why(json, to, notice);
        json_integer(json, to, "ago_s", (hc_coin_sum)notice->count);
        break;
    case HC_NOTICE_LINKED:
    case HC_NOTICE_STORE_FAILED:
        json_text(json, to, "message", notice->text);
        break;
    case HC_NOTICE_JOINED:
    case HC_NOTICE_RETURNED:
    case HC_NOTICE_TAGGED:
        if (notice->row) {
            report_tags(json, to, notice->row);
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
    struct json json;
    json_begin(&json);
    json_text(&json, json.root, "event", hc_notice_kind_name(notice->kind));
    json_integer(&json, json.root, "at_ms", at_ms);
    if (notice->row) {
        report_who(&json, json.root, hc_row_fields(notice->row)->id, notice->row);
    }
    add_details(&json, json.root, node, facts, notice, at_ms);
    return json_line(&json);
}
