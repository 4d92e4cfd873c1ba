/* Links and stories, key by key. */
#include "daemon/control_links.h"

#include <string.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/text.h"
#include "core/node/node.h"
#include "core/table/table.h"
#include "daemon/control_answer.h"
#include "daemon/linked.h"
#include "daemon/payee.h"
#include "daemon/report.h"

static int64_t age_ms(int64_t now_ms, int64_t at_ms)
{
    return now_ms > at_ms ? now_ms - at_ms : 0;
}

/* A node's place among the rows; false if it has none. */
static bool look_up(struct hc_node_row_view *view, const struct hc_node *node, const uint8_t id[static HC_ID_BYTES])
{
    const struct table *table = node_table(node);
    const struct entry *entry = table_find(table, id);
    if (entry) {
        hc_node_look_at(node, (size_t)(entry - table->entries), view);
    }
    return entry;
}

/* ---- links ---- */

static void add_link(struct json *json, cJSON *to, const struct hc_node *node, const struct linked *linked,
                     const struct hc_node_link_view *link, int64_t now_ms)
{
    struct hc_node_row_view view;
    report_who(json, to, link->id, link->row);
    json_text(json, to, "kind", link_kind_name(linked_kind_of(linked, link)));
    json_bool(json, to, "ours", link->ours);
    json_bool(json, to, "proved", link->proved);
    json_bool(json, to, "pushes", link->pushes);
    json_bool(json, to, "pushed", link->pushed);
    json_bool(json, to, "agree", link->agree);
    json_integer(json, to, "usefulness", link->usefulness);
    if (look_up(&view, node, link->id) && view.mode_known) {
        json_text(json, to, "mode", hc_exchange_name(view.mode));
    }
    json_integer(json, to, "age_ms", age_ms(now_ms, link->since_ms));
    json_integer(json, to, "heard_ms", age_ms(now_ms, link->heard_ms));
}

/* Nothing of one that is not counted (any more). */
static void add_counters(struct json *json, cJSON *to, const struct kept *kept, uint64_t handle)
{
    struct link_counters counters;
    if (kept_count(kept, handle, &counters)) {
        json_integer(json, to, "sent_bytes", (hc_coin_sum)counters.bytes_sent);
        json_integer(json, to, "received_bytes", (hc_coin_sum)counters.bytes_received);
        json_integer(json, to, "sent_messages", (hc_coin_sum)counters.messages_sent);
        json_integer(json, to, "received_messages", (hc_coin_sum)counters.messages_received);
    }
}

char *links_line(const struct hc_node *node, const struct kept *kept, int64_t now_ms)
{
    struct json json;
    struct linked linked;
    size_t count = hc_node_link_count(node);
    linked_read(&linked, node);
    answer_begin(&json, HC_OK, NULL);
    json_text(&json, json.root, "ring", ring_state_name(linked.ring));
    cJSON *list = json_array(&json, json.root, "links");
    for (size_t i = 0; i < count && !json.failed; i++) {
        struct hc_node_link_view link;
        hc_node_link(node, i, &link);
        cJSON *to = json_item(&json, list);
        add_link(&json, to, node, &linked, &link, now_ms);
        add_counters(&json, to, kept, link.handle);
    }
    return json_line(&json);
}

/* ---- stories ---- */

struct tale {
    struct hc_story_entry entries[HC_STORY_MAX]; /* the oldest first */
    size_t count;
    uint32_t flaps;
};

/* Takes an entry of one peer's story into that of all; when it is full, the oldest goes. */
static void tale_add(struct tale *tale, const struct hc_story_entry *entry)
{
    if (tale->count == HC_STORY_MAX) {
        if (entry->at_ms <= tale->entries[0].at_ms) {
            return;
        }
        tale->count--;
        memmove(tale->entries, tale->entries + 1, tale->count * sizeof *tale->entries);
    }
    size_t at = tale->count++;
    for (; at > 0 && tale->entries[at - 1].at_ms > entry->at_ms; at--) {
        tale->entries[at] = tale->entries[at - 1];
    }
    tale->entries[at] = *entry;
}

/* Who says that it had dropped this node, out of the stories of all. */
static void tale_of_self(struct tale *tale, const struct hc_node *node)
{
    struct hc_story_entry entries[HC_STORY_MAX];
    const struct table *table = node_table(node);
    uint32_t flaps;
    *tale = (struct tale){0};
    for (size_t i = 0; i < table->count; i++) {
        const uint8_t *id = entry_id(&table->entries[i]);
        size_t count = id_equal(id, hc_node_id(node)) ? 0 : hc_node_story(node, id, entries, &flaps);
        for (size_t at = 0; at < count; at++) {
            if (entries[at].kind == HC_STORY_ACCUSED) {
                entries[at].has_by = true;
                id_copy(entries[at].by, id);
                tale_add(tale, &entries[at]);
            }
        }
    }
}

static void add_entry(struct json *json, cJSON *list, const struct hc_node *node, const struct hc_story_entry *entry,
                      int64_t now_ms)
{
    struct hc_node_row_view view;
    cJSON *to = json_item(json, list);
    json_text(json, to, "kind", hc_story_kind_name(entry->kind));
    json_integer(json, to, "age_ms", age_ms(now_ms, entry->at_ms));
    if (entry->code != HC_OK) {
        json_text(json, to, "reason", hc_code_name(entry->code));
    }
    if (entry->has_by) {
        bool known = look_up(&view, node, entry->by);
        report_who(json, json_object(json, to, "by"), entry->by, known ? view.row : NULL);
    }
}

static void add_tale(struct json *json, const struct hc_node *node, const struct tale *tale, int64_t now_ms)
{
    json_integer(json, json->root, "flaps", tale->flaps);
    cJSON *list = json_array(json, json->root, "story");
    for (size_t i = 0; i < tale->count && !json->failed; i++) {
        add_entry(json, list, node, &tale->entries[i], now_ms);
    }
}

static char *tell(const struct hc_node *node, const uint8_t id[static HC_ID_BYTES], int64_t now_ms)
{
    struct json json;
    struct linked linked;
    struct tale tale;
    struct hc_node_row_view view;
    struct hc_node_view look;
    bool self = id_equal(id, hc_node_id(node)), known = look_up(&view, node, id);
    hc_node_look(node, &look);
    linked_read(&linked, node);
    answer_begin(&json, HC_OK, NULL);
    report_who(&json, json.root, id, known ? view.row : NULL);
    json_bool(&json, json.root, "self", self);
    if (known) {
        report_opinion(&json, json.root, &view, &linked);
    }
    if (self) {
        json_text(&json, json.root, "reachable", hc_reach_name(look.reach));
        tale_of_self(&tale, node);
    } else {
        tale.count = hc_node_story(node, id, tale.entries, &tale.flaps);
    }
    add_tale(&json, node, &tale, now_ms);
    return json_line(&json);
}

char *why_line(const cJSON *request, const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms)
{
    uint8_t id[HC_ID_BYTES];
    struct hc_fault fault;
    const char *of = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "of"));
    if (!of || !text_is_printable(of, strlen(of))) {
        return answer_error(ANSWER_BAD_REQUEST, "why needs \"of\", a string: a port, an address, a name or an id");
    }
    enum hc_code code = payee_find_likely(id, node, of, facts, now_ms, &fault);
    if (code != HC_OK) {
        return answer_error(hc_code_name(code), fault.text);
    }
    return tell(node, id, now_ms);
}
