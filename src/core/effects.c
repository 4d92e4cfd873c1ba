#include <stdio.h>
#include <string.h>

#include "howcoin/memory.h"
#include "howcoin/text.h"
#include "node_parts.h"

const char *notice_kind_name(enum notice_kind kind)
{
    static const char *const names[] = {
        [NOTICE_STARTED] = "started",
        [NOTICE_JOINED] = "joined",
        [NOTICE_DROPPED] = "dropped",
        [NOTICE_RETURNED] = "returned",
        [NOTICE_LEFT] = "left",
        [NOTICE_MUTATED] = "mutated",
        [NOTICE_REFUSED] = "refused",
        [NOTICE_FORKED] = "forked",
        [NOTICE_UNANSWERED] = "unanswered",
        [NOTICE_TWIN] = "twin",
        [NOTICE_PAID] = "paid",
        [NOTICE_RECEIVED] = "received",
        [NOTICE_TAGGED] = "tagged",
        [NOTICE_STORE_FAILED] = "store_failed",
        [NOTICE_ROUND] = "round",
        [NOTICE_UNREACHED] = "unreached",
        [NOTICE_REACHED] = "reached",
    };
    return names[kind];
}

void effects_clear(struct effects *effects)
{
    for (size_t i = 0; i < effects->send_count; i++) {
        message_clear(&effects->sends[i].message);
    }
    for (size_t i = 0; i < effects->notice_count; i++) {
        row_unref(effects->notices[i].row);
    }
    row_unref(effects->commit.row);
    memory_free(effects->commit.payments);
    effects->commit = (struct commit){0};
    effects->send_count = effects->notice_count = effects->answer_count = effects->changed_count = 0;
    effects->proved = effects->stopped = false;
}

void effects_free(struct effects *effects)
{
    effects_clear(effects);
    memory_free(effects->sends);
    memory_free(effects->notices);
    memory_free(effects->answers);
    memory_free(effects->changed);
    *effects = (struct effects){0};
}

/* Room for one more in a list that doubles; false if memory ran out. */
static bool grow(void **list, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    size_t larger = *capacity ? 2 * *capacity : 4;
    void *resized = memory_resize(*list, larger, size);
    if (!resized) {
        return false;
    }
    *list = resized;
    *capacity = larger;
    return true;
}

struct send *send_add(struct effects *effects)
{
    if (!grow((void **)&effects->sends, &effects->send_capacity, effects->send_count, sizeof *effects->sends)) {
        return NULL;
    }
    struct send *send = &effects->sends[effects->send_count++];
    *send = (struct send){0};
    return send;
}

struct answer *answer_add(struct effects *effects, enum event_kind kind, uint64_t handle, enum hc_code code)
{
    if (!grow((void **)&effects->answers, &effects->answer_capacity, effects->answer_count, sizeof *effects->answers)) {
        return NULL;
    }
    struct answer *answer = &effects->answers[effects->answer_count++];
    *answer = (struct answer){.kind = kind, .handle = handle, .code = code};
    return answer;
}

struct notice *notice_add(struct effects *effects, enum notice_kind kind, struct row *row)
{
    if (!grow((void **)&effects->notices, &effects->notice_capacity, effects->notice_count, sizeof *effects->notices)) {
        effects->lost = (struct notice){0};
        return &effects->lost;
    }
    struct notice *notice = &effects->notices[effects->notice_count++];
    *notice = (struct notice){.kind = kind, .row = row ? row_ref(row) : NULL};
    return notice;
}

void changed_add(struct effects *effects, const uint8_t id[static ID_BYTES])
{
    if (grow((void **)&effects->changed, &effects->changed_capacity, effects->changed_count,
             sizeof *effects->changed)) {
        memcpy(effects->changed[effects->changed_count++], id, ID_BYTES);
    }
}

void notice_text(struct notice *notice, const char *text)
{
    if (text && strlen(text) <= MESSAGE_TEXT_BYTES_MAX && text_is_printable(text, strlen(text))) {
        snprintf(notice->text, sizeof notice->text, "%s", text);
    }
}
