/* What was refused, counted and told of in few words. */
#include "core/node/refusals.h"

#include <stdio.h>
#include <string.h>

/* ---- By reason ---- */

static void reason_tell(struct refusals *refusals, enum hc_code code, const char *text, int64_t now_ms,
                        struct hc_effects *effects)
{
    ASSERT(refusals->told[code] <= refusals->counted[code]);
    bool first = refusals->told[code] == 0;
    if (refusals->counted[code] == refusals->told[code] ||
        (!first && now_ms - refusals->told_ms[code] < REFUSED_NOTICE_MS)) {
        return;
    }
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_REFUSED, NULL);
    notice->code = code;
    notice->count = refusals->counted[code] - refusals->told[code];
    notice_text(notice, text);
    refusals->told[code] = refusals->counted[code];
    refusals->told_ms[code] = now_ms;
}

void refusals_add(struct refusals *refusals, enum hc_code code, uint64_t count, const char *text, int64_t now_ms,
                  struct hc_effects *effects)
{
    ASSERT(code > HC_OK && code < HC_CODE_COUNT);
    refusals->counted[code] += count;
    reason_tell(refusals, code, text, now_ms, effects);
}

/* ---- Strangers ---- */

static void stranger_notice(struct strangers *strangers, uint64_t count, const char *text, struct hc_effects *effects)
{
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_REFUSED, NULL);
    notice->code = HC_WRONG_NETWORK;
    notice->count = count;
    notice_text(notice, text);
    strangers->shown++;
    ASSERT(strangers->shown <= STRANGER_NOTICES_MAX);
}

/* Begins another period of notices, if the last one is over; with one notice of all that it hid. */
static void strangers_tell(struct strangers *strangers, int64_t now_ms, struct hc_effects *effects)
{
    if (now_ms - strangers->since_ms < STRANGER_NOTICES_MS) {
        return;
    }
    strangers->since_ms = now_ms;
    strangers->shown = 0;
    if (strangers->hidden > 0) {
        stranger_notice(strangers, strangers->hidden, "from as many more addresses", effects);
        strangers->hidden = 0;
    }
}

/* Remembers the host; false if it was remembered before. */
static bool stranger_is_new(struct strangers *strangers, const char *host)
{
    size_t kept = strangers->host_count < STRANGERS_MAX ? strangers->host_count : STRANGERS_MAX;
    for (size_t i = 0; i < kept; i++) {
        if (strncmp(strangers->hosts[i], host, STRANGER_BYTES_MAX) == 0) {
            return false;
        }
    }
    snprintf(strangers->hosts[strangers->host_count++ % STRANGERS_MAX], STRANGER_BYTES_MAX + 1, "%s", host);
    return true;
}

void refusals_add_stranger(struct refusals *refusals, const char *host, const char *text, int64_t now_ms,
                           struct hc_effects *effects)
{
    struct strangers *strangers = &refusals->strangers;
    /* Told of by address, so there is nothing left to tell by reason. */
    refusals->told[HC_WRONG_NETWORK] = ++refusals->counted[HC_WRONG_NETWORK];
    strangers_tell(strangers, now_ms, effects);
    if (!stranger_is_new(strangers, host ? host : "")) {
        return;
    }
    if (strangers->shown < STRANGER_NOTICES_MAX) {
        stranger_notice(strangers, 1, text, effects);
    } else {
        strangers->hidden++;
    }
}

/* ---- Both ---- */

void refusals_tell(struct refusals *refusals, int64_t now_ms, struct hc_effects *effects)
{
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        reason_tell(refusals, (enum hc_code)code, NULL, now_ms, effects);
    }
    strangers_tell(&refusals->strangers, now_ms, effects);
}
