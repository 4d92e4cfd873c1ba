/* Rows in one line, read from left to right; and keys that are the same in every run. */
#include "unit/rows.h"

#include "core/common/id.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>

static const char coins_text[] = "0\n1\n2\n3\n5\n10\n20\n50\n100\n1000000000000\n";

struct hc_network *test_network(void)
{
    struct hc_network *network;
    struct hc_fault fault;
    MUST(hc_network_new(&network, coins_text, sizeof coins_text - 1, "coins.txt", "", &fault));
    return network;
}

static int identity_order(const void *left, const void *right)
{
    return id_compare(((const struct hc_identity *)left)->id, ((const struct hc_identity *)right)->id);
}

const struct hc_identity *test_identity(unsigned number)
{
    static struct hc_identity known[IDENTITIES];
    static bool made;
    if (!made) {
        for (unsigned i = 0; i < COUNT_OF(known); i++) {
            uint8_t seed[HC_SEED_BYTES] = {'t', 'e', 's', 't', (uint8_t)i};
            hc_identity_from_seed(&known[i], seed);
        }
        qsort(known, OWNERS_MAX, sizeof *known, identity_order);
        made = true;
    }
    assert_true(number < COUNT_OF(known));
    return &known[number];
}

uint64_t draw_that_gives(const struct hc_network *network, const uint8_t *id, uint64_t value, unsigned nth)
{
    for (uint64_t draw = 1; draw <= TEST_VERSION; draw++) {
        if (network_draw(network, id, draw) == value && nth-- == 0) {
            return draw;
        }
    }
    fail_msg("no draw gives %llu", (unsigned long long)value);
    return 0;
}

static int sent_order(const void *left, const void *right)
{
    return id_compare(((const struct hc_sent *)left)->payee, ((const struct hc_sent *)right)->payee);
}

static unsigned owner_from(const char **text)
{
    while (**text == ' ') {
        ++*text;
    }
    unsigned owner = (unsigned)(*(*text)++ - 'A');
    assert_true(owner < OWNERS_MAX);
    return owner;
}

static uint64_t number_from(const char **text)
{
    char *end;
    assert_true(isdigit((unsigned char)**text));
    uint64_t number = strtoull(*text, &end, 10);
    *text = end;
    return number;
}

struct hc_row *row_from(const struct hc_network *network, const char **text)
{
    struct hc_sent sent[OWNERS_MAX];
    char addr[32];
    unsigned owner = owner_from(text);
    const struct hc_identity *identity = test_identity(owner);
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%u", 8000 + owner);
    struct hc_row_fields fields = {.addr = addr, .name = "", .sent = sent, .version = number_from(text)};
    fields.version *= fields.version < HC_NUMBER_MAX ? TEST_VERSION : 1;
    id_copy(fields.id, identity->id);
    assert_int_equal(*(*text)++, ':');
    fields.coins = number_from(text);
    fields.draw = draw_that_gives(network, fields.id, fields.coins, 0);
    for (;;) {
        while (**text == ' ') {
            ++*text;
        }
        if (strncmp(*text, "left", 4) == 0) {
            fields.left = true;
            *text += 4;
            continue;
        }
        if (**text == '\'') { /* a different row of the same value: A2:10' */
            fields.draw = draw_that_gives(network, fields.id, fields.coins, 1);
            ++*text;
            continue;
        }
        if (!isupper((unsigned char)**text)) {
            break;
        }
        struct hc_sent *to = &sent[fields.sent_count++];
        id_copy(to->payee, test_identity(owner_from(text))->id);
        to->amount = number_from(text);
    }
    qsort(sent, fields.sent_count, sizeof *sent, sent_order);
    MUST(row_fields_check(&fields, NULL));
    struct hc_row *row;
    MUST(row_sign(&row, &fields, network, identity));
    return row;
}

struct hc_row *row_of_line(const struct hc_network *network, const char *line)
{
    struct hc_row *row = row_from(network, &line);
    assert_int_equal(*line, '\0');
    return row;
}

struct hc_row *row_unverified(const struct hc_row *row)
{
    struct hc_row *copy;
    MUST(row_new(&copy, &row->fields, row->network, row->sig));
    return copy;
}

size_t rows_from(const struct hc_network *network, struct hc_row **rows, size_t rows_max, const char **text)
{
    size_t count = 0;
    for (;;) {
        assert_true(count < rows_max);
        rows[count++] = row_from(network, text);
        if (**text == ',') {
            ++*text;
            continue;
        }
        assert_true(**text == '|' || **text == '\0');
        *text += **text == '|';
        return count;
    }
}

void rows_unref(struct hc_row **rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hc_row_unref(rows[i]);
    }
}

void random_from(struct random *random, uint64_t seed)
{
    uint8_t bytes[HC_SEED_BYTES] = {0};
    memcpy(bytes, &seed, sizeof seed);
    random_init(random, bytes);
}

struct hc_state *state_of(struct hc_row *const *live, size_t count)
{
    struct hc_state *state;
    MUST(state_new(&state));
    for (size_t i = 0; i < count; i++) {
        MUST(state_add_live(state, live[i]));
    }
    state_seal(state);
    return state;
}
