/* R7: tags and `more`, from their bytes to the node that sets them and the nodes that hear of it. */
#include <stdlib.h>

#include "core/common/id.h"
#include "core/common/text.h"
#include "scenario/scenario.h"

static enum hc_code add(struct hc_tags *tags, const char *key, const char *value, struct hc_fault *fault)
{
    return hc_tags_add(
        tags, &(struct hc_tag){.key = key, .key_bytes = strlen(key), .value = value, .value_bytes = strlen(value)},
        fault);
}

/* Tags of a text: "role=db zone=" */
static struct hc_tags tags_of(const char *text)
{
    struct hc_tags tags = {0};
    char copy[256], *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        if (value) {
            *value++ = '\0';
            MUST(add(&tags, word, value, NULL));
        }
    }
    return tags;
}

/* As text again, in their order. */
static const char *words(const uint8_t *packed, size_t bytes)
{
    static char out[4096];
    const uint8_t *at = packed, *end = at + bytes;
    size_t used = 0;
    struct hc_tag tag;
    out[0] = '\0';
    while (hc_tags_next(&tag, &at, end)) {
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%.*s=%.*s", used > 0 ? " " : "", (int)tag.key_bytes,
                                 tag.key, (int)tag.value_bytes, tag.value);
    }
    assert_ptr_equal(at, end);
    return out;
}

static const char *words_of(const struct hc_row *row)
{
    return words(row->fields.tags, row->fields.tags_bytes);
}

/* ---- Tags ---- */

/* Tags are in order, whatever order they were added in; each key once. */
static void tags_stand_in_order(void **unused)
{
    (void)unused;
    struct hc_tags tags = tags_of("zone=eu role=db a=1 role2=x b=");
    struct hc_fault fault;
    assert_string_equal(words(tags.packed, tags.bytes), "a=1 b= role=db role2=x zone=eu");
    MUST(tags_check(tags.packed, tags.bytes, HC_BAD_ROW, &fault));
    assert_memory_equal(tags.packed, "\1a\0\0011\1b\0\0\4role\0\2db", 18);
    assert_int_equal(add(&tags, "role", "web", &fault), HC_BAD_TAG);
    assert_int_equal(add(&tags, "", "web", &fault), HC_BAD_TAG);
    assert_int_equal(add(&tags, "123456789012345678901234567890123", "", &fault), HC_BAD_TAG);
    assert_int_equal(add(&tags, "x\n", "", &fault), HC_BAD_TAG);
    assert_int_equal(add(&tags, "x", "\xff", &fault), HC_BAD_TAG);
    assert_string_equal(words(tags.packed, tags.bytes), "a=1 b= role=db role2=x zone=eu");
    /* Cut off anywhere, or out of order, they are invalid. */
    for (size_t bytes = 1; bytes < tags.bytes; bytes++) {
        const uint8_t *at = tags.packed;
        struct hc_tag tag;
        while (hc_tags_next(&tag, &at, tags.packed + bytes)) {
            continue;
        }
        bool whole = at == tags.packed + bytes;
        assert_int_equal(tags_check(tags.packed, bytes, HC_BAD_ROW, &fault), whole ? HC_OK : HC_BAD_ROW);
    }
    tags.packed[1] = 'c';
    assert_int_equal(tags_check(tags.packed, tags.bytes, HC_BAD_ROW, &fault), HC_BAD_ROW);
    tags.packed[1] = 'b';
    assert_int_equal(tags_check(tags.packed, tags.bytes, HC_BAD_ROW, &fault), HC_BAD_ROW);
}

/* A change sets the keys that it names; an empty value takes a key away; all others stay. */
static void changes_are_made(void **unused)
{
    (void)unused;
    static const struct {
        const char *before, *changes, *after;
    } cases[] = {
        {"", "", ""},
        {"", "b=2 a=1", "a=1 b=2"},
        {"", "a=", ""},
        {"a=1 b=2", "", "a=1 b=2"},
        {"a=1 b=2", "b=3", "a=1 b=3"},
        {"a=1 b=2", "a= c=3", "b=2 c=3"},
        {"b=2", "a=1 c=3", "a=1 b=2 c=3"},
        {"a=1 b=2 c=3", "a= b= c= d=", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_tags tags = tags_of(cases[i].before), changes = tags_of(cases[i].changes);
        MUST(tags_change(&tags, &changes));
        assert_string_equal(words(tags.packed, tags.bytes), cases[i].after);
        MUST(tags_change(&tags, &changes));
        assert_string_equal(words(tags.packed, tags.bytes), cases[i].after);
    }
}

/* As many tags as there can be: keys of few characters, which JSON has to escape. */
static struct hc_tags largest_tags(void)
{
    struct hc_tags tags = {0};
    size_t text_bytes = 0;
    for (unsigned length = 1; text_bytes < HC_TAGS_BYTES_MAX; length++) {
        for (unsigned number = 0; number < 1u << length && text_bytes < HC_TAGS_BYTES_MAX; number++) {
            char key[16] = "", value[16] = "";
            for (unsigned i = 0; i < length; i++) {
                key[i] = number >> i & 1 ? '"' : '\\';
            }
            if (text_bytes + length > HC_TAGS_BYTES_MAX) {
                memset(value, '"', HC_TAGS_BYTES_MAX - text_bytes - 1);
                (void)snprintf(key, sizeof key, "x");
            }
            MUST(add(&tags, key, value, NULL));
            text_bytes += strlen(key) + strlen(value);
        }
    }
    return tags;
}

/* Keys and values may have 1,024 bytes together, and not one more. */
static void tags_have_a_greatest_size(void **unused)
{
    (void)unused;
    struct hc_tags tags = largest_tags(), before = tags, more = tags_of("y=1");
    struct hc_fault fault;
    MUST(tags_check(tags.packed, tags.bytes, HC_BAD_ROW, &fault));
    assert_int_equal(add(&tags, "y", "", &fault), HC_BAD_TAG);
    assert_string_equal(fault.text, "tags: at most 1024 bytes were expected, all keys and values together");
    assert_int_equal(tags_change(&tags, &more), HC_BAD_TAG);
    assert_int_equal(tags.bytes, before.bytes);
    assert_memory_equal(tags.packed, before.packed, before.bytes);
}

/* ---- Rows ---- */

static struct hc_row *tagged_row(const struct hc_identity *owner, const struct hc_tags *tags, const char *more)
{
    struct hc_row_fields fields = {.addr = "h:1",
                                   .name = "",
                                   .draw = draw_that_gives(the_network(), owner->id, 10, 0),
                                   .coins = 10,
                                   .version = TEST_VERSION,
                                   .tags = tags->packed,
                                   .tags_bytes = tags->bytes,
                                   .more = more,
                                   .more_bytes = (uint16_t)strlen(more)};
    struct hc_row *row;
    id_copy(fields.id, owner->id);
    MUST(row_fields_check(&fields, NULL));
    MUST(row_sign(&row, &fields, the_network(), owner));
    return row;
}

/* R3: tags are signed after all other fields; a row without them has the bytes that it always had. */
static void they_are_signed_last(void **unused)
{
    (void)unused;
    static const char behind_tags[] = "\1\0\16\4role\0\2db\1z\0\1x", behind_more[] = "\2\0\7{\"a\":1}";
    uint8_t plain[ROW_SIGNED_BYTES_MAX], bytes[ROW_SIGNED_BYTES_MAX];
    struct hc_tags tags = tags_of("z=x role=db"), none = {0};
    struct hc_row *row = tagged_row(test_identity(A), &none, "");
    size_t count = row_signed_bytes(plain, &row->fields, the_network()->id), size = sizeof plain;
    assert_int_equal(count, 14 + 16 + 32 + 25 + 2 + 3 + 2 + 4);
    assert_null(strstr(row->text, "tags"));
    assert_null(strstr(row->text, "more"));
    hc_row_unref(row);
    for (unsigned which = 1; which < 4; which++) {
        row = tagged_row(test_identity(A), which & 1 ? &tags : &none, which & 2 ? "{\"a\":1}" : "");
        size = row_signed_bytes(bytes, &row->fields, the_network()->id);
        size_t at = count;
        assert_memory_equal(bytes, plain, count);
        if (which & 1) {
            assert_memory_equal(bytes + at, behind_tags, sizeof behind_tags - 1);
            at += sizeof behind_tags - 1;
            assert_non_null(strstr(row->text, ",\"tags\":{\"role\":\"db\",\"z\":\"x\"},"));
        }
        if (which & 2) {
            assert_memory_equal(bytes + at, behind_more, sizeof behind_more - 1);
            at += sizeof behind_more - 1;
            assert_non_null(strstr(row->text, ",\"more\":{\"a\":1},"));
        }
        assert_int_equal(size, at);
        hc_row_unref(row);
    }
}

/* M3: only the owner changes its tags or takes them away. */
static void only_the_owner_changes_them(void **unused)
{
    (void)unused;
    struct hc_tags tags = tags_of("role=db"), others = tags_of("role=dc");
    struct hc_row *row = tagged_row(test_identity(A), &tags, "{\"a\":1}"), *copy;
    for (int change = 0; change < 5; change++) {
        struct hc_row_fields fields = row->fields;
        switch (change) {
        case 0:
            break;
        case 1:
            fields.tags = others.packed;
            break;
        case 2:
            fields.tags_bytes = 0;
            break;
        case 3:
            fields.more = "{\"a\":2}";
            break;
        case 4:
            fields.more_bytes = 0;
            break;
        }
        MUST(row_new(&copy, &fields, the_network()->id, row->sig));
        assert_int_equal(row_verify(copy, the_network()), change == 0 ? HC_OK : HC_BAD_SIGNATURE);
        assert_int_equal(row_same_tags(copy, row), change != 1 && change != 2);
        assert_true(row_covers(copy, row) && row_covers(row, copy)); /* merging ignores them */
        hc_row_unref(copy);
    }
    hc_row_unref(row);
}

/* The largest of all rows fits its text and its signed bytes, and comes back from the wire. */
static void the_largest_row_fits(void **unused)
{
    (void)unused;
    struct hc_sent sent[HC_PAYEES_MAX];
    struct hc_tags tags = largest_tags();
    char more[MORE_BYTES_MAX + 1] = "{\"\":\"";
    memset(more + 5, 'x', MORE_BYTES_MAX - 7);
    (void)snprintf(more + MORE_BYTES_MAX - 2, 3, "\"}");
    for (size_t i = 0; i < HC_PAYEES_MAX; i++) {
        sent[i] = (struct hc_sent){{(uint8_t)(i >> 8), (uint8_t)i, 1}, HC_NUMBER_MAX};
    }
    struct hc_row *plain = tagged_row(test_identity(A), &tags, more), *row, *again;
    struct hc_row_fields fields = plain->fields;
    struct hc_fault fault;
    fields.sent = sent;
    fields.sent_count = HC_PAYEES_MAX;
    fields.name = "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"";
    fields.version = fields.draw = HC_NUMBER_MAX;
    fields.left = true;
    MUST(row_fields_check(&fields, &fault));
    MUST(row_sign(&row, &fields, the_network(), test_identity(A)));
    assert_true(row->text_bytes < ROW_TEXT_BYTES_MAX);
    MUST(hc_wire_decode_row(&again, row->text, row->text_bytes, the_network()->id, &fault));
    assert_string_equal(again->text, row->text);
    assert_memory_equal(again->hash, row->hash, HC_HASH_BYTES);
    hc_row_unref(again);
    hc_row_unref(row);
    hc_row_unref(plain);
}

/* `more` has one canonical form, however it is spelt; the signature is over that, and it is passed on in it. */
static void more_has_one_form(void **unused)
{
    (void)unused;
    static const struct {
        const char *spelt, *canonical;
    } cases[] = {
        {"{ \"b\" : 1 ,\t\"a\" : [ ] }", "{\"a\":[],\"b\":1}"},
        {"{\"b\":{\"z\":1e2,\"y\":5.0,\"a\":0},\"B\":true}", "{\"B\":true,\"b\":{\"a\":0,\"y\":5,\"z\":100}}"},
        {"{\"n\":9007199254740991,\"m\":1e15}", "{\"m\":1000000000000000,\"n\":9007199254740991}"},
        {"{\"\\u0061\\/\":\"\\\"\\\\\\u00e9\\ud83d\\ude00\\u007f\"}",
         "{\"a/\":\"\\\"\\\\\xc3\xa9\xf0\x9f\x98\x80\x7f\"}"},
        {"{\"a\":\"\\n\\t\\u0001\\b\\u001F\"}", "{\"a\":\"\\u000a\\u0009\\u0001\\u0008\\u001f\"}"},
        {"{\"\":[null,false,[{}],\"\"]}", "{\"\":[null,false,[{}],\"\"]}"},
        /* ordered as bytes, not as UTF-16: U+10000 comes after U+FFFD */
        {"{\"\\ud800\\udc00\":1,\"\\ufffd\":2,\"ab\":3,\"a\":4}",
         "{\"a\":4,\"ab\":3,\"\xef\xbf\xbd\":2,\"\xf0\x90\x80\x80\":1}"},
    };
    const struct hc_tags none = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_row *row = tagged_row(test_identity(A), &none, cases[i].canonical), *heard, *again;
        struct hc_fault fault;
        char text[2048];
        const char *version = strstr(row->text, ",\"version\"");
        assert_non_null(version);
        (void)snprintf(text, sizeof text, "{\"more\":%s%s%.*s}", cases[i].spelt, version,
                       (int)(strstr(row->text, ",\"more\"") - row->text), row->text);
        char *brace = strrchr(text, '{'); /* the second half of the row begins with its own brace */
        brace[-1] = ',';
        memmove(brace, brace + 1, strlen(brace));
        if (hc_wire_decode_row(&heard, text, strlen(text), the_network()->id, &fault) != HC_OK) {
            fail_msg("%s: %s", text, fault.text);
        }
        MUST(row_verify(heard, the_network()));
        assert_string_equal(heard->text, row->text);
        assert_int_equal(heard->fields.more_bytes, strlen(cases[i].canonical));
        assert_memory_equal(heard->fields.more, cases[i].canonical, heard->fields.more_bytes);
        MUST(hc_wire_decode_row(&again, heard->text, heard->text_bytes, the_network()->id, &fault));
        assert_string_equal(again->text, heard->text);
        hc_row_unref(row);
        hc_row_unref(heard);
        hc_row_unref(again);
    }
}

/* 1,024 bytes of `more` are taken, one more is not; nor are many short members. */
static void more_has_a_greatest_size(void **unused)
{
    (void)unused;
    const struct hc_tags none = {0};
    struct hc_row *row = tagged_row(test_identity(A), &none, "{\"a\":1}"), *heard;
    struct hc_fault fault;
    static char text[70000];
    const char *more = strstr(row->text, "{\"a\":1}");
    for (int how = 0; how < 4; how++) {
        size_t used = (size_t)snprintf(text, sizeof text, "%.*s{\"a\":", (int)(more - row->text), row->text);
        if (how < 2) { /* a string that just fits, and one that does not */
            used += (size_t)snprintf(text + used, sizeof text - used, "\"%0*d\"", (int)MORE_BYTES_MAX - 8 + how, 0);
        }
        for (unsigned i = 0; how >= 2 && i < 8000; i++) {
            const char *open = i > 0 ? "," : how == 2 ? "[" : "{";
            used += how == 2 ? (size_t)snprintf(text + used, sizeof text - used, "%s0", open)
                             : (size_t)snprintf(text + used, sizeof text - used, "%s\"\":0", open);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s}%s",
                                 how < 2    ? ""
                                 : how == 2 ? "]"
                                            : "}",
                                 more + 7);
        enum hc_code code = hc_wire_decode_row(&heard, text, used, the_network()->id, &fault);
        assert_int_equal(code, how == 0 ? HC_OK : HC_BAD_ROW);
        if (how == 0) {
            assert_int_equal(heard->fields.more_bytes, MORE_BYTES_MAX);
        } else {
            assert_int_equal(strncmp(fault.text, "more: larger than its limit", 27), 0);
        }
        hc_row_unref(heard);
    }
    hc_row_unref(row);
}

/* ---- Nodes ---- */

/* A host that has these tags from its start on. */
static size_t join_with(const struct hc_tags *tags)
{
    size_t host = world_host_count(world);
    hosts(1);
    world_host(world, host)->tags = tags;
    start(host);
    return host;
}

static enum hc_code tag(size_t node, const char *changes)
{
    struct hc_tags tags = tags_of(changes);
    return step(node, (struct hc_event){.kind = HC_EVENT_TAG, .handle = 5, .tags = &tags});
}

/* In the last step. */
static void assert_answered(enum hc_code code)
{
    assert_int_equal(effects()->answer_count, 1);
    assert_int_equal(effects()->answers[0].kind, HC_EVENT_TAG);
    assert_int_equal(effects()->answers[0].handle, 5);
    assert_int_equal(effects()->answers[0].code, code);
}

/* R7: a node tells the tags it was given; a change is a new version, which all hear of and report once. */
static void all_hear_of_tags(void **unused)
{
    (void)unused;
    struct hc_tags given = tags_of("role=db zone=eu");
    join(A);
    join_with(&given);
    join(A);
    run_for(2 * ROUND);
    assert_string_equal(words_of(row_at(A, B)), "role=db zone=eu");
    assert_string_equal(words_of(row_at(A, A)), "");
    assert_int_equal(told(A, HC_NOTICE_TAGGED, B), 0);
    uint64_t version = row_at(B, B)->fields.version;
    MUST(tag(B, "zone= load=7"));
    assert_answered(HC_OK);
    assert_int_equal(effects()->answers[0].version, version + 1);
    MUST(tag(B, "load=7 other=")); /* nothing changes */
    assert_answered(HC_OK);
    assert_int_equal(effects()->answers[0].version, version + 1);
    run_for(ROUND + 100);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(words_of(row_at(i, B)), "load=7 role=db");
        assert_int_equal(row_at(i, B)->fields.version, version + 1);
        assert_int_equal(told(i, HC_NOTICE_TAGGED, B), 1);
    }
    MUST(step(B, (struct hc_event){.kind = HC_EVENT_MUTATE}));
    run_for(ROUND + 100);
    assert_string_equal(words_of(row_at(C, B)), "load=7 role=db");
    assert_int_equal(told(C, HC_NOTICE_TAGGED, B), 1);
}

/* S3: changed tags are told to no peer, and not answered, before they are durable; many changes share a commit. */
static void tags_are_told_when_durable(void **unused)
{
    (void)unused;
    world_settings(world)->commit_max_ms = 5;
    join(A);
    join(A);
    run_for(2 * ROUND);
    uint64_t version = row_at(A, A)->fields.version;
    world_settings(world)->commits_hang = true;
    MUST(tag(A, "a=1"));
    assert_non_null(effects()->commit.row);
    assert_int_equal(effects()->commit.payment_count, 0);
    assert_int_equal(effects()->answer_count, 0);
    MUST(tag(A, "b=2"));
    MUST(tag(A, "b=2")); /* under way, so not durable yet either */
    assert_int_equal(effects()->answer_count, 0);
    run_for(3 * ROUND);
    assert_string_equal(words_of(row_at(A, A)), "");
    assert_string_equal(words_of(row_at(B, A)), "");
    world_commit_end(world, A, true);
    assert_answered(HC_OK);
    assert_int_equal(effects()->answers[0].version, version + 1);
    assert_non_null(effects()->commit.row);
    world_commit_end(world, A, true);
    assert_int_equal(effects()->answer_count, 2);
    assert_int_equal(effects()->answers[1].version, version + 2);
    run_for(ROUND + 100);
    assert_string_equal(words_of(row_at(B, A)), "a=1 b=2");
    MUST(tag(A, "a=2"));
    MUST(tag(A, "a=3"));
    world_commit_end(world, A, false);
    assert_int_equal(effects()->answer_count, 2);
    assert_int_equal(effects()->answers[1].code, HC_STORE_FAILED);
    MUST(tag(A, "a=4"));
    assert_answered(HC_STORE_FAILED);
    assert_string_equal(words_of(row_at(A, A)), "a=1 b=2");
}

/* R7: a change that does not fit, or comes too late, is refused and changes nothing. */
static void tags_are_refused(void **unused)
{
    (void)unused;
    struct hc_tags full = {0};
    char value[HC_TAGS_BYTES_MAX] = "";
    memset(value, 'v', HC_TAGS_BYTES_MAX - 2);
    MUST(add(&full, "x", value, NULL));
    join(A);
    join(A);
    run_for(2 * ROUND);
    MUST(step(A, (struct hc_event){.kind = HC_EVENT_TAG, .handle = 5, .tags = &full}));
    assert_answered(HC_OK);
    uint64_t version = row_at(A, A)->fields.version;
    MUST(tag(A, "y=1"));
    assert_answered(HC_BAD_TAG);
    run_for(ROUND);
    assert_int_equal(row_at(A, A)->fields.version, version);
    leave(A);
    MUST(tag(A, "x="));
    assert_answered(HC_LEAVING);
}

/* A node of its own, with its identity, that restores a row and starts. */
static struct hc_node *restart(struct hc_row *row, const struct hc_tags *given, enum hc_code expected,
                               struct hc_effects *done)
{
    struct hc_node *node = bare_node(given);
    const struct hc_stored_row stored = {.row = row};
    assert_int_equal(hc_node_restore(node, &stored, 1, 0), expected);
    if (expected == HC_OK) {
        MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, done));
    }
    return node;
}

/* R7, S4: at a restart the earlier tags stay, changed as the command line says; fields that only a later version knows
 * stay, too. */
static void a_restart_keeps_what_was_said(void **unused)
{
    (void)unused;
    struct hc_tags before = tags_of("load=7 role=db zone=eu"), given = tags_of("role=web zone="),
                   largest = largest_tags();
    struct hc_row *row = tagged_row(test_identity(A), &before, "{\"later\":[1]}"),
                  *full = tagged_row(test_identity(A), &largest, "");
    struct hc_effects done = {0};
    struct hc_node_view view;
    for (int how = 0; how < 2; how++) {
        struct hc_node *node = restart(row, how == 0 ? NULL : &given, HC_OK, &done);
        MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_MUTATE, .now_ms = 1}, &done));
        hc_node_look(node, &view);
        assert_int_equal(view.row->fields.version, row->fields.version + 2);
        assert_string_equal(words_of(view.row), how == 0 ? "load=7 role=db zone=eu" : "load=7 role=web");
        assert_int_equal(view.row->fields.more_bytes, 13);
        assert_memory_equal(view.row->fields.more, "{\"later\":[1]}", 13);
        struct hc_row *heard = row_unverified(view.row);
        MUST(row_verify(heard, the_network()));
        hc_row_unref(heard);
        hc_node_free(node);
    }
    hc_node_free(restart(full, &given, HC_BAD_TAG, &done));
    hc_effects_free(&done);
    hc_row_unref(row);
    hc_row_unref(full);
}

/* M5: a node that lost its store takes its tags over from the network; it does not take over a twin's. */
static void a_node_takes_over_its_tags(void **unused)
{
    (void)unused;
    struct hc_tags given = tags_of("role=db zone=eu"), changed = tags_of("zone=us");
    for (int i = 0; i < 3; i++) {
        join_with(&given);
    }
    run_for(2 * ROUND);
    MUST(tag(B, "load=7"));
    run_for(ROUND + 100);
    crash(B);
    world_host(world, B)->tags = &changed;
    start(B);
    run_for(3 * ROUND);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(words_of(row_at(i, B)), "load=7 role=db zone=us");
    }
    struct hc_tags other = tags_of("role=twin");
    struct hc_row_fields fields = row_at(A, B)->fields;
    struct hc_row *row;
    fields.version += 5;
    fields.tags = other.packed;
    fields.tags_bytes = other.bytes;
    MUST(row_sign(&row, &fields, the_network(), &world_host(world, B)->identity));
    struct hc_state *state = state_of(&row, 1);
    (void)request(B, test_identity(9), state);
    state_unref(state);
    run_for(2 * ROUND);
    assert_true(row_at(A, B)->fields.version > fields.version);
    assert_string_equal(words_of(row_at(A, B)), "load=7 role=db zone=us");
    hc_row_unref(row);
}

/* Rows of many short tags: what a node tells has no more values, and no more bytes, than others accept. */
static void many_values_fit_a_frame(void **unused)
{
    (void)unused;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct hc_tags tags = {0};
    for (unsigned i = 0; i < 500; i++) {
        char key[3] = {letters[i / 26], letters[i % 26], 0};
        MUST(add(&tags, key, "", NULL));
    }
    join(A);
    for (unsigned message = 0; message < 2; message++) {
        struct hc_row *rows[400];
        for (unsigned i = 0; i < COUNT_OF(rows); i++) {
            struct hc_identity owner;
            uint8_t seed[HC_SEED_BYTES] = {(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)message};
            hc_identity_from_seed(&owner, seed);
            rows[i] = tagged_row(&owner, &tags, "");
        }
        struct hc_state *state = state_of(rows, COUNT_OF(rows));
        const struct hc_message *reply = request(A, test_identity(B), state);
        state_unref(state);
        rows_unref(rows, COUNT_OF(rows));
        assert_int_equal(reply->type, HC_MESSAGE_REPLY);
        char *line;
        size_t bytes;
        struct hc_message heard;
        struct hc_fault fault;
        MUST(hc_wire_encode(&line, &bytes, reply));
        if (hc_wire_decode(&heard, line, bytes - 1, the_network()->id, &fault) != HC_OK) {
            fail_msg("%s", fault.text);
        }
        assert_true(heard.state->live_count > 250);
        memory_free(line);
        hc_message_clear(&heard);
    }
    struct hc_node_view view;
    hc_node_look(world_host(world, A)->node, &view);
    assert_int_equal(view.known, 801);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(tags_stand_in_order),
        node_test(changes_are_made),
        node_test(tags_have_a_greatest_size),
        node_test(they_are_signed_last),
        node_test(only_the_owner_changes_them),
        node_test(the_largest_row_fits),
        node_test(more_has_one_form),
        node_test(more_has_a_greatest_size),
        node_test(all_hear_of_tags),
        node_test(tags_are_told_when_durable),
        node_test(tags_are_refused),
        node_test(a_restart_keeps_what_was_said),
        node_test(a_node_takes_over_its_tags),
        node_test(many_values_fit_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
