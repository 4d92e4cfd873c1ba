/* Whose story it is, a line for each entry, and what the node is now. One function for each kind of entry. */
#include "cli/story_words.h"

#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/view.h"
#include "core/common/error.h"
#include "howcoin/node.h"

/* ---- pieces ---- */

/* The code of an entry, or of the whole answer; HC_OK if it has none. */
static enum hc_code code_of(const cJSON *object)
{
    const char *name = answer_text(object, "reason");

    return *name != '\0' ? hc_code_find(name) : HC_OK;
}

/* The words of a code; of one that this program does not know, its name. */
static const char *words_of(const cJSON *object)
{
    enum hc_code code = code_of(object);

    return code != HC_CODE_COUNT ? hc_code_text(code) : answer_text(object, "reason");
}

static void add_who(struct textbuf *buf, const cJSON *who)
{
    const char *address = answer_text(who, "addr"), *name = answer_text(who, "name");

    if (*address == '\0') {
        textbuf_printf(buf, "%.*s", VIEW_ID_CHARS, answer_text(who, "id"));
    } else {
        textbuf_printf(buf, "%s%s%s", address, *name != '\0' ? " " : "", name);
    }
}

/* ": why", if there is a reason. */
static void add_why(struct textbuf *buf, const cJSON *entry)
{
    if (code_of(entry) != HC_OK) {
        textbuf_printf(buf, ": %s", words_of(entry));
    }
}

static const cJSON *by(const cJSON *entry)
{
    return cJSON_GetObjectItemCaseSensitive(entry, "by");
}

/* ---- what each kind of entry says ---- */

static void add_heard(struct textbuf *buf, const cJSON *entry)
{
    textbuf_puts(buf, "heard of it for the first time");
    if (by(entry)) {
        textbuf_puts(buf, ", from ");
        add_who(buf, by(entry));
    }
}

static void add_linked(struct textbuf *buf, const cJSON *entry)
{
    (void)entry;
    textbuf_puts(buf, "link opened");
}

/* The words of the codes are about asks; of links these are truer. */
static void add_unlinked(struct textbuf *buf, const cJSON *entry)
{
    switch (code_of(entry)) {
    case HC_OK:
        textbuf_puts(buf, "link given up");
        break;
    case HC_LEFT:
        textbuf_puts(buf, "link ended: it said goodbye");
        break;
    case HC_CLOSED:
        textbuf_puts(buf, "link lost: it ended without a goodbye");
        break;
    case HC_SILENT:
        textbuf_puts(buf, "link lost: nothing came on it in time");
        break;
    default:
        textbuf_printf(buf, "link lost: %s", words_of(entry));
        break;
    }
}

static void add_asked(struct textbuf *buf, const cJSON *entry)
{
    (void)entry;
    textbuf_puts(buf, "asked it whether it lives");
}

static void add_answered(struct textbuf *buf, const cJSON *entry)
{
    (void)entry;
    textbuf_puts(buf, "it answered, and proved who it is");
}

static void add_failed(struct textbuf *buf, const cJSON *entry)
{
    textbuf_printf(buf, "it did not answer%s",
                   code_of(entry) == HC_SILENT        ? " in time"
                   : code_of(entry) == HC_UNREACHABLE ? ": the connection was refused, or did not come about"
                                                      : "");
    if (code_of(entry) != HC_SILENT && code_of(entry) != HC_UNREACHABLE) {
        add_why(buf, entry);
    }
}

static void add_hint(struct textbuf *buf, const cJSON *entry)
{
    if (by(entry)) {
        add_who(buf, by(entry));
    } else {
        textbuf_puts(buf, "another node");
    }
    textbuf_printf(buf, " said that it is %s", code_of(entry) == HC_OK ? "back" : "gone");
    add_why(buf, entry);
}

static void add_dropped(struct textbuf *buf, const cJSON *entry)
{
    textbuf_puts(buf, "dropped it");
    add_why(buf, entry);
}

static void add_returned(struct textbuf *buf, const cJSON *entry)
{
    (void)entry;
    textbuf_puts(buf, "it is back");
}

static void add_left(struct textbuf *buf, const cJSON *entry)
{
    (void)entry;
    textbuf_puts(buf, "it said goodbye");
}

static void add_accused(struct textbuf *buf, const cJSON *entry)
{
    if (by(entry)) {
        add_who(buf, by(entry));
    } else {
        textbuf_puts(buf, "it");
    }
    textbuf_puts(buf, " said that it had dropped this node");
    add_why(buf, entry);
}

/* An entry without its words does not compile. */
#define SAY_HC_STORY_HEARD add_heard
#define SAY_HC_STORY_LINKED add_linked
#define SAY_HC_STORY_UNLINKED add_unlinked
#define SAY_HC_STORY_ASKED add_asked
#define SAY_HC_STORY_ANSWERED add_answered
#define SAY_HC_STORY_FAILED add_failed
#define SAY_HC_STORY_HINT add_hint
#define SAY_HC_STORY_DROPPED add_dropped
#define SAY_HC_STORY_RETURNED add_returned
#define SAY_HC_STORY_LEFT add_left
#define SAY_HC_STORY_ACCUSED add_accused

static const struct {
    const char *name;
    void (*add)(struct textbuf *buf, const cJSON *entry);
} kinds[] = {
#define X(kind, name) {name, SAY_##kind},
    HC_STORY_KINDS(X)
#undef X
};

static void add_words(struct textbuf *buf, const cJSON *entry)
{
    const char *name = answer_text(entry, "kind");

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            kinds[i].add(buf, entry);
            return;
        }
    }
    textbuf_puts(buf, name); /* of a later version */
    add_why(buf, entry);
}

/* ---- all together ---- */

static void add_entries(struct textbuf *buf, const cJSON *story)
{
    char ago[VIEW_AGO_CHARS];
    size_t widest = 0;
    const cJSON *entry;

    cJSON_ArrayForEach(entry, story)
    {
        view_ago(ago, (int64_t)answer_number(entry, "age_ms"));
        widest = strlen(ago) > widest ? strlen(ago) : widest;
    }
    cJSON_ArrayForEach(entry, story)
    {
        view_ago(ago, (int64_t)answer_number(entry, "age_ms"));
        textbuf_printf(buf, "  %*s  ", (int)widest, ago);
        add_words(buf, entry);
        textbuf_puts(buf, "\n");
    }
}

static void add_whose(struct textbuf *buf, const cJSON *answer)
{
    add_who(buf, answer);
    if (*answer_text(answer, "addr") != '\0') {
        textbuf_printf(buf, " (id %.*s)", VIEW_ID_CHARS, answer_text(answer, "id"));
    }
}

static void add_now(struct textbuf *buf, const cJSON *answer)
{
    const char *status = answer_text(answer, "status"), *link = answer_text(answer, "link");
    uint64_t flaps = answer_number(answer, "flaps");
    bool dropped = strcmp(status, hc_member_status_name(HC_MEMBER_DROPPED)) == 0;

    textbuf_printf(buf, "now %s", *status != '\0' ? status : "not in this node's table");
    if (dropped) {
        add_why(buf, answer);
    }
    if (*link != '\0') {
        textbuf_printf(buf, ", linked with this node (%s)", link);
    }
    if (answer_true(answer, "standing")) {
        textbuf_puts(buf, "; another node thinks otherwise, and both have looked");
    }
    if (flaps > 0) {
        textbuf_printf(buf, "; it has come back %" PRIu64 " %s in all", flaps, flaps == 1 ? "time" : "times");
    }
    textbuf_puts(buf, "\n");
}

/* What others say of this node, and whether they reach it. */
static void add_own_story(struct textbuf *buf, const cJSON *answer, const cJSON *story)
{
    const char *reachable = answer_text(answer, "reachable");

    textbuf_puts(buf, "this is ");
    add_whose(buf, answer);
    textbuf_puts(buf, " itself\n");
    add_entries(buf, story);
    if (cJSON_GetArraySize(story) == 0) {
        textbuf_puts(buf, "no node has said that it had dropped this one\n");
    }
    textbuf_puts(buf, strcmp(reachable, "yes") == 0  ? "others reach it at this address, by what they say\n"
                      : strcmp(reachable, "no") == 0 ? "NO PEER CAN REACH IT at this address: see --advertise\n"
                                                     : "whether others reach it is not known yet\n");
}

void story_words(struct textbuf *buf, const cJSON *answer)
{
    const cJSON *story = cJSON_GetObjectItemCaseSensitive(answer, "story");

    if (answer_true(answer, "self")) {
        add_own_story(buf, answer, story);
        return;
    }
    add_whose(buf, answer);
    if (cJSON_GetArraySize(story) == 0) {
        textbuf_puts(buf, ": nothing is remembered of it\n");
    } else {
        textbuf_puts(buf, ", as this node saw it:\n");
        add_entries(buf, story);
    }
    add_now(buf, answer);
}
