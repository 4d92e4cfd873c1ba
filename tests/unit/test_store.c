/* The store: a write is there after a restart, as a whole or not at all; damage is reported, never guessed around. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store.h"
#include "unit/rows.h"

static struct {
    struct hc_network *network;
    char directory[64], path[96];
    struct store *store;
    struct hc_fault fault;
} test;

static const uint8_t *own_id(void)
{
    return test_identity(0)->id;
}

static enum hc_code try_open(bool key_is_new)
{
    return store_open(&test.store, test.path, test.network->id, own_id(), key_is_new, &test.fault);
}

static void open_store(void)
{
    MUST(try_open(true));
}

static void close_store(void)
{
    store_close(test.store);
    test.store = NULL;
}

static int set_up(void **unused)
{
    (void)unused;
    memset(&test, 0, sizeof test);
    test.network = test_network();
    (void)snprintf(test.directory, sizeof test.directory, "/tmp/howcoin-store.XXXXXX");
    if (!mkdtemp(test.directory)) {
        return -1;
    }
    (void)snprintf(test.path, sizeof test.path, "%s/" STORE_FILE, test.directory);
    return 0;
}

static void remove_beside(const char *suffix)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s%s", test.path, suffix);
    (void)unlink(path);
}

static int tear_down(void **unused)
{
    (void)unused;
    close_store();
    remove_beside("");
    remove_beside("-wal");
    remove_beside("-shm");
    remove_beside("-journal");
    (void)rmdir(test.directory);
    hc_network_free(test.network);
    return 0;
}

/* ---- verbs ---- */

static void write_own(const char *line)
{
    struct hc_row *row = row_of_line(test.network, line);
    const struct store_batch batch = {.own = row};
    MUST(store_write(test.store, &batch, &test.fault));
    hc_row_unref(row);
}

static void write_owner(const char *lines, bool live, int64_t gone_s)
{
    struct hc_row *rows[BRANCHES_MAX];
    struct store_owner owner = {.live = live, .gone_s = gone_s};
    owner.branch_count = rows_from(test.network, rows, BRANCHES_MAX, &lines);
    memcpy(owner.id, rows[0]->fields.id, HC_ID_BYTES);
    memcpy(owner.branches, rows, owner.branch_count * sizeof *rows);
    const struct store_batch batch = {.owners = &owner, .owner_count = 1};
    MUST(store_write(test.store, &batch, &test.fault));
    rows_unref(rows, owner.branch_count);
}

static struct store_payment payment_of(const char *key, uint64_t amount)
{
    struct store_payment payment = {.at_ms = 1000, .amount = amount, .version = 3, .memo = "for \"tea\""};
    memcpy(payment.other, test_identity(1)->id, HC_ID_BYTES);
    (void)snprintf(payment.key, sizeof payment.key, "%s", key);
    return payment;
}

struct loaded {
    struct hc_stored_row *rows;
    size_t count;
};

static struct loaded load(int64_t now_s)
{
    struct loaded loaded;
    MUST(store_load(test.store, &loaded.rows, &loaded.count, now_s, &test.fault));
    return loaded;
}

static size_t count_payments(void)
{
    struct store_payment list[20];
    size_t count;
    MUST(store_history(test.store, list, &count, 0, COUNT_OF(list), &test.fault));
    return count;
}

/* Changes the file behind the store. */
static void meddle(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(test.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- tests ---- */

static void what_was_written_is_there_again(void **unused)
{
    (void)unused;
    open_store();
    assert_int_equal(load(100).count, 0);
    write_own("A2:10 B5");
    write_owner("B7:20 A1", true, 0);
    write_owner("C3:0 left", false, 400);
    write_owner("D4:100 B60, D4:100 C70", true, 0);
    close_store();
    MUST(try_open(false));
    assert_false(store_is_lost(test.store));
    struct loaded loaded = load(1000);
    const char *expected[] = {"A2:10 B5", "B7:20 A1", "C3:0 left", "D4:100 B60", "D4:100 C70"};
    assert_int_equal(loaded.count, COUNT_OF(expected));
    for (size_t i = 0; i < loaded.count; i++) {
        struct hc_row *row = row_of_line(test.network, expected[i]);
        assert_string_equal(loaded.rows[i].row->text, row->text);
        assert_memory_equal(loaded.rows[i].row->hash, row->hash, HC_HASH_BYTES);
        hc_row_unref(row);
    }
    assert_true(loaded.rows[1].live);
    assert_int_equal(loaded.rows[1].age_s, 600); /* when the last row was written */
    assert_false(loaded.rows[2].live);
    assert_int_equal(loaded.rows[2].age_s, 600);
    store_rows_free(loaded.rows, loaded.count);
}

/* A cured fork leaves no branch behind; a forgotten owner leaves nothing. */
static void an_owner_is_stored_as_he_is_now(void **unused)
{
    (void)unused;
    open_store();
    write_owner("D4:100 B60, D4:100 C70", true, 0);
    write_owner("D5:100 B60 C70", true, 0);
    struct loaded loaded = load(0);
    assert_int_equal(loaded.count, 1);
    assert_int_equal(loaded.rows[0].row->fields.version, 5 * TEST_VERSION);
    store_rows_free(loaded.rows, loaded.count);
    struct store_owner owner = {.branch_count = 0};
    memcpy(owner.id, test_identity(3)->id, HC_ID_BYTES);
    const struct store_batch batch = {.owners = &owner, .owner_count = 1};
    MUST(store_write(test.store, &batch, &test.fault));
    assert_int_equal(load(0).count, 0);
}

/* S4: whatever is asked for, the node's own version never goes back. */
static void the_own_version_never_goes_back(void **unused)
{
    (void)unused;
    open_store();
    write_own("A5:10");
    write_own("A4:20");
    struct loaded loaded = load(0);
    assert_int_equal(loaded.rows[0].row->fields.version, 5 * TEST_VERSION);
    store_rows_free(loaded.rows, loaded.count);
}

/* S3: the own row and its payments are one transaction: a payment that cannot be stored takes the row with it. */
static void a_batch_is_written_whole_or_not_at_all(void **unused)
{
    (void)unused;
    open_store();
    write_own("A1:10");
    struct store_payment payments[] = {payment_of("one", 1), payment_of("two", 2), payment_of("one", 3)};
    struct hc_row *row = row_of_line(test.network, "A2:10 B6");
    struct store_batch batch = {.own = row, .payments = payments, .payment_count = 3};
    assert_int_equal(store_write(test.store, &batch, &test.fault), HC_STORE_FAILED);
    assert_non_null(strstr(test.fault.text, STORE_FILE));
    assert_int_equal(count_payments(), 0);
    batch.payment_count = 2;
    MUST(store_write(test.store, &batch, &test.fault));
    assert_int_equal(count_payments(), 2);
    struct loaded loaded = load(0);
    assert_int_equal(loaded.rows[0].row->fields.version, 2 * TEST_VERSION);
    store_rows_free(loaded.rows, loaded.count);
    hc_row_unref(row);
}

static void a_payment_is_found_by_its_key(void **unused)
{
    (void)unused;
    open_store();
    struct store_payment payments[] = {payment_of("one", 1), payment_of("", 2), payment_of("", 3)}, found;
    const struct store_batch batch = {.payments = payments, .payment_count = 3};
    MUST(store_write(test.store, &batch, &test.fault));
    close_store();
    open_store();
    MUST(store_find(test.store, &found, "one", &test.fault));
    assert_int_equal(found.number, 1);
    assert_int_equal(found.amount, 1);
    assert_int_equal(found.version, 3);
    assert_string_equal(found.memo, "for \"tea\"");
    assert_memory_equal(found.other, test_identity(1)->id, HC_ID_BYTES);
    MUST(store_find(test.store, &found, "two", &test.fault));
    assert_int_equal(found.number, 0);
    size_t count;
    MUST(store_history(test.store, &found, &count, 2, 1, &test.fault));
    assert_int_equal(count, 1);
    assert_int_equal(found.amount, 3);
}

/* S4: a key that is older than its store shows that a store was lost, until a row is signed again. */
static void a_lost_store_is_known_as_such(void **unused)
{
    (void)unused;
    MUST(try_open(false));
    assert_true(store_is_lost(test.store));
    close_store();
    MUST(try_open(false));
    assert_true(store_is_lost(test.store));
    write_own("A1:10");
    close_store();
    MUST(try_open(false));
    assert_false(store_is_lost(test.store));
}

/* A node that was killed between its first start and its first row has lost nothing. */
static void a_new_store_is_not_a_lost_one(void **unused)
{
    (void)unused;
    MUST(try_open(true));
    close_store();
    MUST(try_open(false));
    assert_false(store_is_lost(test.store));
}

static void another_ones_store_is_refused(void **unused)
{
    (void)unused;
    uint8_t network[HC_NETWORK_BYTES] = {1};
    open_store();
    close_store();
    assert_int_equal(store_open(&test.store, test.path, network, own_id(), false, &test.fault), HC_WRONG_NETWORK);
    assert_non_null(strstr(test.fault.text, "--network"));
    assert_int_equal(store_open(&test.store, test.path, test.network->id, test_identity(1)->id, false, &test.fault),
                     HC_BAD_KEY);
    meddle("PRAGMA user_version=99");
    assert_int_equal(try_open(false), HC_WRONG_VERSION);
    meddle("PRAGMA application_id=7");
    assert_int_equal(try_open(false), HC_DAMAGED);
    assert_non_null(strstr(test.fault.text, "another program"));
    assert_null(test.store);
}

/* A database of the first version: its rows are kept, and payments can be stored. */
static void an_old_schema_is_brought_up_to_date(void **unused)
{
    (void)unused;
    open_store();
    write_own("A2:10 B5");
    close_store();
    meddle("DROP TABLE payments; PRAGMA user_version=1");
    MUST(try_open(false));
    struct loaded loaded = load(0);
    assert_int_equal(loaded.count, 1);
    store_rows_free(loaded.rows, loaded.count);
    assert_int_equal(count_payments(), 0);
    struct store_payment payment = payment_of("one", 1);
    const struct store_batch batch = {.payments = &payment, .payment_count = 1};
    MUST(store_write(test.store, &batch, &test.fault));
}

static void expect_damage(void)
{
    struct loaded loaded = {0};
    enum hc_code code = try_open(false);
    code = code == HC_OK ? store_load(test.store, &loaded.rows, &loaded.count, 0, &test.fault) : code;
    assert_int_equal(code, HC_DAMAGED);
    assert_non_null(strstr(test.fault.text, "Move it away"));
    close_store();
}

static void fill(void)
{
    open_store();
    write_own("A2:10 B5");
    write_owner("B7:20 A1", true, 0);
    write_owner("C3:0", true, 0);
    close_store();
}

/* Inverts every bit of one byte. */
static void flip(off_t at)
{
    uint8_t byte = 0;
    int fd = open(test.path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte = (uint8_t)~byte;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

/* Whichever byte of the file is inverted: an error or the very same rows, never others, and never a crash. */
static void no_flipped_byte_goes_unseen(void **unused)
{
    (void)unused;
    struct stat status;
    size_t damaged = 0;
    fill();
    assert_int_equal(stat(test.path, &status), 0);
    for (off_t at = 0; at < status.st_size; at += at < 100 ? 1 : 37) {
        struct loaded loaded = {0};
        flip(at);
        enum hc_code code = try_open(false);
        code = code == HC_OK ? store_load(test.store, &loaded.rows, &loaded.count, 0, &test.fault) : code;
        damaged += code != HC_OK;
        /* Rows may be missing from the table of others; what is there is as it was signed. */
        for (size_t i = 0; i < loaded.count; i++) {
            MUST(row_verify(loaded.rows[i].row, test.network));
        }
        store_rows_free(loaded.rows, loaded.count);
        close_store();
        remove_beside("");
        remove_beside("-wal");
        remove_beside("-journal");
        fill();
    }
    assert_true(damaged > 10);
}

static void a_truncated_file_is_damaged(void **unused)
{
    (void)unused;
    fill();
    assert_int_equal(truncate(test.path, 4096 + 100), 0);
    expect_damage();
    assert_int_equal(truncate(test.path, 50), 0);
    expect_damage();
}

static void a_row_that_is_no_row_is_damage(void **unused)
{
    (void)unused;
    fill();
    meddle("UPDATE rows SET text = replace(text, '\"version\":7', '\"version\":8')");
    expect_damage();
    assert_non_null(strstr(test.fault.text, "not as it was written"));
}

/* A version may be stricter with rows than the one that wrote them. Others' rows are left out; the node's own is
 * needed. */
static void rows_that_are_no_longer_taken_are_left_out(void **unused)
{
    (void)unused;
    struct hc_sent nothing = {.amount = 0};
    open_store();
    write_own("A1:10");
    write_owner("B7:20", true, 0);
    struct hc_row *good = row_of_line(test.network, "C3:10"), *row;
    struct hc_row_fields fields = good->fields;
    fields.sent = &nothing;
    fields.sent_count = 1;
    MUST(row_sign(&row, &fields, test.network, test_identity(2)));
    struct store_owner owner = {.live = true, .branch_count = 1, .branches = {row}};
    memcpy(owner.id, fields.id, HC_ID_BYTES);
    const struct store_batch batch = {.owners = &owner, .owner_count = 1};
    MUST(store_write(test.store, &batch, &test.fault));
    struct loaded loaded = load(100);
    assert_int_equal(loaded.count, 2);
    store_rows_free(loaded.rows, loaded.count);
    memcpy(fields.id, own_id(), HC_ID_BYTES);
    fields.version = 9 * TEST_VERSION;
    hc_row_unref(row);
    MUST(row_sign(&row, &fields, test.network, test_identity(0)));
    const struct store_batch own = {.own = row};
    MUST(store_write(test.store, &own, &test.fault));
    assert_int_equal(store_load(test.store, &loaded.rows, &loaded.count, 100, &test.fault), HC_DAMAGED);
    hc_row_unref(row);
    hc_row_unref(good);
}

/* Times, and texts of payments, have no check of their own: whatever stands there does no harm. */
static void what_has_no_check_may_be_anything(void **unused)
{
    (void)unused;
    fill();
    open_store();
    struct store_payment payment = payment_of("one", 1);
    const struct store_batch batch = {.payments = &payment, .payment_count = 1};
    MUST(store_write(test.store, &batch, &test.fault));
    close_store();
    meddle("UPDATE rows SET live = 0, gone_s = -9223372036854775807 - 1");
    meddle("UPDATE payments SET memo = CAST(x'61ff1b62' AS TEXT)");
    open_store();
    struct loaded loaded = load(100);
    assert_true(loaded.count > 1);
    assert_int_equal(loaded.rows[1].age_s, FORGET_MS / 1000);
    store_rows_free(loaded.rows, loaded.count);
    MUST(store_find(test.store, &payment, "one", &test.fault));
    assert_string_equal(payment.memo, "a\?\?b");
    close_store();
    meddle("UPDATE rows SET gone_s = 9223372036854775807");
    open_store();
    loaded = load(100);
    assert_int_equal(loaded.rows[1].age_s, 0);
    store_rows_free(loaded.rows, loaded.count);
}

static void a_store_in_memory_keeps_nothing(void **unused)
{
    (void)unused;
    MUST(store_open(&test.store, NULL, test.network->id, own_id(), true, &test.fault));
    struct store_payment payment = payment_of("one", 1);
    const struct store_batch batch = {.payments = &payment, .payment_count = 1};
    MUST(store_write(test.store, &batch, &test.fault));
    assert_int_equal(count_payments(), 1);
    close_store();
    assert_int_equal(access(test.path, F_OK), -1);
}

/* No other user of the machine can read the payments. */
static void the_file_is_private(void **unused)
{
    (void)unused;
    struct stat status;
    mode_t mask = umask(0);
    open_store();
    write_own("A1:10");
    (void)umask(mask);
    assert_int_equal(stat(test.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    char path[128];
    (void)snprintf(path, sizeof path, "%s-wal", test.path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_there_again),
        TEST(an_owner_is_stored_as_he_is_now),
        TEST(the_own_version_never_goes_back),
        TEST(a_batch_is_written_whole_or_not_at_all),
        TEST(a_payment_is_found_by_its_key),
        TEST(a_lost_store_is_known_as_such),
        TEST(a_new_store_is_not_a_lost_one),
        TEST(another_ones_store_is_refused),
        TEST(an_old_schema_is_brought_up_to_date),
        TEST(no_flipped_byte_goes_unseen),
        TEST(a_truncated_file_is_damaged),
        TEST(a_row_that_is_no_row_is_damage),
        TEST(rows_that_are_no_longer_taken_are_left_out),
        TEST(what_has_no_check_may_be_anything),
        TEST(a_store_in_memory_keeps_nothing),
        TEST(the_file_is_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
