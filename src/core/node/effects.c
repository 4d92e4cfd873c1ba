/* What the shell must do, gathered: lists that grow. */
#include "core/node/effects.h"

#include <stdio.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"

const char *hc_notice_kind_name(enum hc_notice_kind kind)
{
    static const char *const names[] = {
#define X(kind, name) [kind] = name,
        HC_NOTICES(X)
#undef X
    };
    ASSERT((size_t)kind < sizeof names / sizeof *names);
    return names[kind];
}

void effects_clear(struct hc_effects *effects)
{
    ASSERT(effects && effects->send_count <= effects->send_capacity);
    ASSERT(effects->notice_count <= effects->notice_capacity);
    for (size_t i = 0; i < effects->send_count; i++) {
        hc_message_clear(&effects->sends[i].message);
    }
    for (size_t i = 0; i < effects->notice_count; i++) {
        hc_row_unref(effects->notices[i].row);
    }
    hc_row_unref(effects->commit.row);
    memory_free(effects->commit.payments);
    effects->commit = (struct hc_commit){0};
    effects->send_count = effects->notice_count = effects->answer_count = effects->changed_count = 0;
    effects->proved = effects->stopped = false;
}

void hc_effects_free(struct hc_effects *effects)
{
    effects_clear(effects);
    memory_free(effects->sends);
    memory_free(effects->notices);
    memory_free(effects->answers);
    memory_free(effects->changed);
    *effects = (struct hc_effects){0};
}

struct hc_send *send_add(struct hc_effects *effects)
{
    if (!ARRAY_RESERVE(effects->sends, effects->send_capacity, effects->send_count + 1)) {
        return NULL;
    }
    struct hc_send *send = &effects->sends[effects->send_count++];
    *send = (struct hc_send){0};
    return send;
}

struct hc_answer *answer_add(struct hc_effects *effects, enum hc_event_kind kind, uint64_t handle, enum hc_code code)
{
    ASSERT(kind == HC_EVENT_PAY || kind == HC_EVENT_TAG);
    if (!ARRAY_RESERVE(effects->answers, effects->answer_capacity, effects->answer_count + 1)) {
        return NULL;
    }
    struct hc_answer *answer = &effects->answers[effects->answer_count++];
    *answer = (struct hc_answer){.kind = kind, .handle = handle, .code = code};
    return answer;
}

struct hc_notice *notice_add(struct hc_effects *effects, enum hc_notice_kind kind, struct hc_row *row)
{
    if (!ARRAY_RESERVE(effects->notices, effects->notice_capacity, effects->notice_count + 1)) {
        effects->lost = (struct hc_notice){0};
        return &effects->lost;
    }
    struct hc_notice *notice = &effects->notices[effects->notice_count++];
    *notice = (struct hc_notice){.kind = kind, .row = row ? hc_row_ref(row) : NULL};
    return notice;
}

void changed_add(struct hc_effects *effects, const uint8_t id[static HC_ID_BYTES])
{
    if (ARRAY_RESERVE(effects->changed, effects->changed_capacity, effects->changed_count + 1)) {
        id_copy(effects->changed[effects->changed_count++], id);
    }
}

void notice_text(struct hc_notice *notice, const char *text)
{
    if (text && strlen(text) <= HC_MESSAGE_TEXT_BYTES_MAX && text_is_printable(text, strlen(text))) {
        snprintf(notice->text, sizeof notice->text, "%s", text);
    }
}
