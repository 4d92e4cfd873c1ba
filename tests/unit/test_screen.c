/* What people see (V1, V2): tables and lines, as text. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/event_line.h"
#include "cli/links_table.h"
#include "cli/screen.h"
#include "cli/story_words.h"
#include "cli/view.h"

static const struct view_style plain = {0};

static struct view_row row_of(const char *address, const char *id, uint64_t coins)
{
    struct view_row row = {.address = address,
                           .name = "",
                           .status = HC_MEMBER_LIVE,
                           .coins = coins,
                           .balance = (hc_coin_sum)coins,
                           .version = 3,
                           .age_ms = 2000};
    (void)snprintf(row.id, sizeof row.id, "%s", id);
    return row;
}

static struct view view_of(struct view_row *rows, size_t count)
{
    struct view view = {.round = 12, .agree = true, .rows = rows, .count = count};

    for (size_t i = 0; i < count; i++) {
        view.live += rows[i].status == HC_MEMBER_LIVE;
        view.coins += rows[i].balance;
    }
    return view;
}

static void shows(struct view *view, const struct view_style *style, const char *expected)
{
    struct textbuf buf = {0};

    view_format(&buf, view, style);
    assert_false(buf.failed);
    assert_string_equal(buf.text, expected);
    textbuf_free(&buf);
}

static void nodes_stand_by_address_and_this_one_is_marked(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:10000", "cccccccc", 7), row_of("127.0.0.1:8001", "aaaaaaaa", 1234567),
                              row_of("127.0.0.1:8000", "bbbbbbbb", 115)};

    (void)state;
    rows[1].self = true;
    rows[2].age_ms = 0;
    struct view view = view_of(rows, 3);
    shows(&view, &plain,
          "\n"
          "round 12: 3 nodes live, 1,234,689 coins, all agree\n"
          "  address              coins  version  changed  id\n"
          "  127.0.0.1:8000         115        3      now  bbbbbbbb\n"
          "* 127.0.0.1:8001   1,234,567        3   2s ago  aaaaaaaa\n"
          "  127.0.0.1:10000          7        3   2s ago  cccccccc\n");
}

static void hosts_are_sorted_as_numbers_too(void **state)
{
    struct view_row rows[] = {row_of("10.0.0.10:1", "aaaaaaaa", 1), row_of("10.0.0.9:2", "bbbbbbbb", 1),
                              row_of("10.0.0.9:1", "cccccccc", 1)};
    struct textbuf buf = {0};

    (void)state;
    struct view view = view_of(rows, 3);
    view_format(&buf, &view, &plain);
    assert_string_equal(rows[0].id, "cccccccc");
    assert_string_equal(rows[1].id, "bbbbbbbb");
    assert_string_equal(rows[2].id, "aaaaaaaa");
    textbuf_free(&buf);
}

static void one_node_and_one_coin_are_singular(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:8000", "aaaaaaaa", 1)};

    (void)state;
    rows[0].self = true;
    struct view view = view_of(rows, 1);
    shows(&view, &plain,
          "\n"
          "round 12: 1 node live, 1 coin, alone\n"
          "  address         coins  version  changed  id\n"
          "* 127.0.0.1:8000      1        3   2s ago  aaaaaaaa\n");
}

/* Balances are shown where they differ from the coins, names if any node has one. */
static void columns_come_when_they_are_needed(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:8000", "aaaaaaaa", 115), row_of("127.0.0.1:8001", "bbbbbbbb", 37)};

    (void)state;
    rows[0].name = "東京";
    rows[1].balance = -3;
    rows[1].forked = true;
    struct view view = view_of(rows, 2);
    view.agree = false;
    shows(&view, &plain,
          "\n"
          "round 12: 2 nodes live, 112 coins, not all agree yet\n"
          "  address         name  coins  balance  version  changed  id\n"
          "  127.0.0.1:8000  東京    115                 3   2s ago  aaaaaaaa\n"
          "  127.0.0.1:8001           37       -3        3   2s ago  bbbbbbbb  forked\n");
    rows[0].incomplete = rows[1].incomplete = true;
    shows(&view, &plain,
          "\n"
          "round 12: 2 nodes live, 112 coins, not all agree yet\n"
          "  address         name  coins  balance  version  changed  id\n"
          "  127.0.0.1:8000  東京    115                 3   2s ago  aaaaaaaa  incomplete\n"
          "  127.0.0.1:8001           37       -3        3   2s ago  bbbbbbbb  forked, incomplete\n");
}

static void only_live_nodes_are_rows_and_status_lists_the_others(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:8000", "aaaaaaaa", 5), row_of("127.0.0.1:8001", "bbbbbbbb", 6),
                              row_of("127.0.0.1:8002", "cccccccc", 6)};

    (void)state;
    rows[1].status = HC_MEMBER_DROPPED;
    rows[1].reason = HC_UNREACHABLE;
    rows[2].status = HC_MEMBER_LEFT;
    rows[2].reason = HC_LEFT;
    rows[2].forked = rows[2].incomplete = true;
    struct view view = view_of(rows, 3);
    view.coins = 5;
    view.list_gone = true;
    shows(&view, &plain,
          "\n"
          "round 12: 1 node live, 5 coins, alone\n"
          "  address         coins  version  changed  id\n"
          "  127.0.0.1:8000      5        3   2s ago  aaaaaaaa\n"
          "  dropped 127.0.0.1:8001 bbbbbbbb: cannot be reached\n"
          "  left 127.0.0.1:8002 cccccccc  forked, incomplete\n");
}

/* Who agrees: peers that were not heard from are not counted as if they did. */
static void the_head_says_how_many_agree(void **state)
{
    static const struct {
        size_t live, heard, agreeing;
        bool agree;
        enum view_ink ink;
        const char *words;
    } cases[] = {
        {1, 0, 0, true, INK_FAINT, "alone"},
        {7, 6, 6, false, INK_GOOD, "all agree"},
        {7, 6, 5, true, INK_NOTE, "5 of 6 agree"},
        {32, 6, 6, false, INK_GOOD, "6 of 6 heard from agree"},
        {32, 6, 0, false, INK_NOTE, "0 of 6 heard from agree"},
        {2, 0, 0, false, INK_NOTE, "not all agree yet"},
        {2, 0, 0, true, INK_GOOD, "all agree"},
        {2, 1, 1, true, INK_GOOD, "all agree"},
        {0, 1, 0, false, INK_FAINT, "alone"},
    };
    char out[VIEW_AGREEMENT_CHARS];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum view_ink ink = view_agreement(out, cases[i].live, cases[i].heard, cases[i].agreeing, cases[i].agree);
        assert_string_equal(out, cases[i].words);
        assert_int_equal(ink, cases[i].ink);
    }
}

/* In front of a row stands what links this node with its owner; behind it, if the owner talks in the other mode. */
static void links_and_modes_stand_beside_the_rows(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:8000", "aaaaaaaa", 1), row_of("127.0.0.1:8001", "bbbbbbbb", 2),
                              row_of("127.0.0.1:8002", "cccccccc", 3), row_of("127.0.0.1:8003", "dddddddd", 4),
                              row_of("127.0.0.1:8004", "eeeeeeee", 5)};

    (void)state;
    rows[0].self = true;
    rows[1].link = LINK_RING;
    rows[2].link = LINK_CHORD;
    rows[2].standing = true;
    rows[3].mode = "full";
    rows[4].status = HC_MEMBER_DROPPED;
    rows[4].reason = HC_SILENT;
    rows[4].standing = true;
    struct view view = view_of(rows, 5);
    view.coins = 10;
    view.heard = view.agreeing = 2;
    view.list_gone = true;
    shows(&view, &plain,
          "\n"
          "round 12: 4 nodes live, 10 coins, 2 of 2 heard from agree\n"
          "  address         coins  version  changed  id\n"
          "* 127.0.0.1:8000      1        3   2s ago  aaaaaaaa\n"
          "= 127.0.0.1:8001      2        3   2s ago  bbbbbbbb\n"
          "~ 127.0.0.1:8002      3        3   2s ago  cccccccc  disputed\n"
          "  127.0.0.1:8003      4        3   2s ago  dddddddd  full\n"
          "  dropped 127.0.0.1:8004 eeeeeeee: did not answer in time, twice  disputed\n");
}

/* Tags are listed below the table on request, those of live and of gone nodes. */
static void tags_stand_below_the_table(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:8001", "bbbbbbbb", 6), row_of("127.0.0.1:8000", "aaaaaaaa", 5)};

    (void)state;
    rows[0].name = "alice";
    rows[0].status = HC_MEMBER_LEFT;
    rows[0].tags = "role=db, zone=eu";
    rows[1].tags = "role=web";
    struct view view = view_of(rows, 2);
    view.coins = 5;
    shows(&view, &plain,
          "\n"
          "round 12: 1 node live, 5 coins, alone\n"
          "  address         coins  version  changed  id\n"
          "  127.0.0.1:8000      5        3   2s ago  aaaaaaaa\n"
          "  tags of 127.0.0.1:8000: role=web\n"
          "  tags of 127.0.0.1:8001 alice: role=db, zone=eu\n");
}

/* There are no more lines than the terminal has; the rest is counted, and the node itself is always shown. */
static void a_terminal_gets_what_fits(void **state)
{
    char addresses[40][HC_ADDR_BYTES_MAX + 1];
    struct view_row rows[40];
    const struct view_style style = {.width = 80, .height = 24};
    struct textbuf buf = {0};
    size_t lines = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(addresses[i], sizeof addresses[i], "127.0.0.1:%u", 8000 + i);
        rows[i] = row_of(addresses[i], "aaaaaaaa", 1);
    }
    rows[30].self = true;
    struct view view = view_of(rows, 40);
    view_format(&buf, &view, &style);
    for (const char *c = buf.text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    assert_int_equal(lines, 23);
    assert_non_null(strstr(buf.text, "* 127.0.0.1:8030"));
    assert_non_null(strstr(buf.text, "… and 21 more nodes\n"));
    textbuf_reset(&buf);
    view_format(&buf, &view, &plain);
    assert_non_null(strstr(buf.text, "127.0.0.1:8039"));
    assert_null(strstr(buf.text, "more node"));
    textbuf_free(&buf);
}

/* However long names, addresses and numbers are, no line is wider than the terminal, down to what the numbers need. */
static void no_line_is_wider_than_the_terminal(void **state)
{
    struct view_row rows[] = {row_of("a-very-long-host-name.in.a.very.long.domain.example.org:8000", "aaaaaaaa", 115),
                              row_of("127.0.0.1:8001", "bbbbbbbb", 1000000000000)};

    (void)state;
    rows[0].name = "東京東京東京東京東京";
    rows[1].name = "12345678901234567890123456789012";
    rows[1].balance = 9007199254740991;
    rows[1].forked = true;
    for (unsigned width = 64; width <= 200; width++) {
        const struct view_style style = {.width = width, .height = 24};
        struct textbuf buf = {0};
        struct view view = view_of(rows, 2);
        view_format(&buf, &view, &style);
        char *rest = buf.text;
        for (char *line; (line = strsep(&rest, "\n"));) {
            /* the head line is as wide as its words */
            if (strncmp(line, "round", 5) != 0 && view_width(line) > width) {
                fail_msg("%zu columns instead of %u: %s", view_width(line), width, line);
            }
        }
        textbuf_free(&buf);
    }
}

static void shortened_text_keeps_the_port(void **state)
{
    static const struct {
        const char *text, *expected;
        size_t width;
        bool is_address;
    } cases[] = {
        {"alice", "alice", 5, false},
        {"alice", "ali…", 4, false},
        {"東京東京", "東…", 4, false},
        {"東京東京", "東京…", 5, false},
        {"example.org:8000", "exampl…:8000", 12, true},
        {"example.org:8000", "exa…", 4, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct textbuf buf = {0};
        view_add_shortened(&buf, cases[i].text, cases[i].width, cases[i].is_address);
        assert_string_equal(buf.text, cases[i].expected);
        textbuf_free(&buf);
    }
}

static void sums_bytes_and_ages_in_words(void **state)
{
    static const struct {
        int64_t ms;
        const char *words;
    } agos[] = {{0, "0.0 s ago"},
                {12450, "12.4 s ago"},
                {59999, "59.9 s ago"},
                {60000, "1 min 0 s ago"},
                {3599999, "59 min 59 s ago"},
                {3600000, "1 h 0 min ago"},
                {86400000, "1 d 0 h ago"},
                {INT64_MAX, "106751991167 d 7 h ago"}};
    static const struct {
        uint64_t bytes;
        const char *words;
    } sizes[] = {{0, "0 B"},         {999, "999 B"},         {1000, "1.0 kB"},
                 {9949, "9.9 kB"},   {9950, "10 kB"},        {999499, "999 kB"},
                 {999500, "1.0 MB"}, {1234567890, "1.2 GB"}, {UINT64_MAX, "18446744 TB"}};
    static const struct {
        int64_t ms;
        const char *words;
    } ages[] = {{0, "now"},           {999, "now"},
                {1000, "1s ago"},     {59999, "59s ago"},
                {60000, "1m ago"},    {3599999, "59m ago"},
                {3600000, "1h ago"},  {86399999, "23h ago"},
                {86400000, "1d ago"}, {INT64_MAX, "106751991167d ago"}};
    char out[VIEW_SUM_CHARS];
    const hc_coin_sum greatest = (hc_coin_sum)(((unsigned __int128)1 << 127) - 1);

    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        view_age(out, ages[i].ms);
        assert_string_equal(out, ages[i].words);
    }
    for (size_t i = 0; i < sizeof agos / sizeof *agos; i++) {
        view_ago(out, agos[i].ms);
        assert_string_equal(out, agos[i].words);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        view_bytes(out, sizes[i].bytes);
        assert_string_equal(out, sizes[i].words);
    }
    view_sum(out, 0);
    assert_string_equal(out, "0");
    view_sum(out, 999);
    assert_string_equal(out, "999");
    view_sum(out, -1000);
    assert_string_equal(out, "-1,000");
    view_sum(out, -greatest - 1);
    assert_string_equal(out, "-170,141,183,460,469,231,731,687,303,715,884,105,728");
}

/* Colours end on the line that begins them, and appear only on request. */
static void colours_are_kept_within_a_line(void **state)
{
    struct view_row rows[] = {row_of("127.0.0.1:8000", "aaaaaaaa", 115), row_of("127.0.0.1:8001", "bbbbbbbb", 37)};
    const struct view_style color = {.color = true};
    struct textbuf buf = {0};
    bool on = false;

    (void)state;
    rows[0].self = true;
    rows[1].changed = true;
    struct view view = view_of(rows, 2);
    view_format(&buf, &view, &color);
    for (const char *c = buf.text; *c != '\0'; c++) {
        if (*c == '\033') {
            on = strncmp(c, "\033[0m", 4) != 0;
        }
        assert_false(*c == '\n' && on);
    }
    assert_non_null(strstr(buf.text, "\033[32m   37\033[0m")); /* what changed */
    textbuf_reset(&buf);
    view_format(&buf, &view, &plain);
    assert_null(strchr(buf.text, '\033'));
    textbuf_free(&buf);
}

/* ---- lines (V2) ---- */

static struct hc_row alice = {.fields = {.id = {0xab, 0xcd, 0xef, 0x01},
                                         .addr = "127.0.0.1:8001",
                                         .name = "alice",
                                         .coins = 37,
                                         .tags = (const uint8_t *)""}};

static void says(struct hc_notice notice, bool own, const char *expected)
{
    struct textbuf buf = {0};

    event_line(&buf, &notice, own, &plain);
    assert_string_equal(buf.bytes > 0 ? buf.text : "", expected);
    textbuf_free(&buf);
}

static void what_happens_is_a_line(void **state)
{
    (void)state;
    says((struct hc_notice){.kind = HC_NOTICE_JOINED, .row = &alice}, false,
         "+ 127.0.0.1:8001 alice joined (id abcdef01)\n");
    says((struct hc_notice){.kind = HC_NOTICE_RETURNED, .row = &alice}, false,
         "+ 127.0.0.1:8001 alice returned (id abcdef01)\n");
    says(
        (struct hc_notice){
            .kind = HC_NOTICE_DROPPED, .row = &alice, .code = HC_UNREACHABLE, .text = "connection refused"},
        false, "- 127.0.0.1:8001 alice dropped: cannot be reached (connection refused)\n");
    says((struct hc_notice){.kind = HC_NOTICE_DROPPED, .row = &alice, .code = HC_SILENT}, false,
         "- 127.0.0.1:8001 alice dropped: did not answer in time, twice\n");
    says((struct hc_notice){.kind = HC_NOTICE_LEFT, .row = &alice}, false,
         "- 127.0.0.1:8001 alice left: said goodbye\n");
    says((struct hc_notice){.kind = HC_NOTICE_MUTATED, .row = &alice, .from = 115, .to = 37}, true,
         "  drew 37 coins (had 115)\n");
    says((struct hc_notice){.kind = HC_NOTICE_MUTATED, .row = &alice, .from = 1000, .to = 1}, true,
         "  drew 1 coin (had 1,000)\n");
    says((struct hc_notice){.kind = HC_NOTICE_REFUSED, .code = HC_BAD_DRAW, .count = 3}, false,
         "! refused 3 rows: coins that were not drawn, or not yet\n");
    says((struct hc_notice){.kind = HC_NOTICE_REFUSED, .code = HC_BAD_FRAME, .count = 1, .text = "no key 'from'"},
         false, "! refused 1 message: not a message of this protocol (no key 'from')\n");
    says((struct hc_notice){.kind = HC_NOTICE_UNANSWERED,
                            .code = HC_UNREACHABLE,
                            .text = "127.0.0.1:8000: connection refused"},
         false, "! no answer from contact 127.0.0.1:8000: connection refused; it is tried again every round\n");
    says((struct hc_notice){.kind = HC_NOTICE_UNREACHED, .row = &alice, .count = 2}, true,
         "! NO PEER CAN REACH THIS NODE at 127.0.0.1:8001. Start it with --advertise and an address that they can "
         "reach, or open the firewall\n");
    says((struct hc_notice){.kind = HC_NOTICE_REACHED, .row = &alice}, true,
         "  peers can reach this node at 127.0.0.1:8001\n");
    says((struct hc_notice){.kind = HC_NOTICE_PAID, .row = &alice, .to = 25}, false,
         "  paid 25 coins to 127.0.0.1:8001 alice\n");
    says((struct hc_notice){.kind = HC_NOTICE_RECEIVED, .row = &alice, .to = 1}, false,
         "  received 1 coin from 127.0.0.1:8001 alice\n");
    struct hc_row tagged = alice;
    tagged.fields.tags = (const uint8_t *)"\4role\0\2db\4zone\0\2eu";
    says((struct hc_notice){.kind = HC_NOTICE_TAGGED, .row = &tagged}, true, "  tagged: no tags left\n");
    tagged.fields.tags_bytes = 18;
    says((struct hc_notice){.kind = HC_NOTICE_TAGGED, .row = &tagged}, true, "  tagged: role=db, zone=eu\n");
    says((struct hc_notice){.kind = HC_NOTICE_TAGGED, .row = &tagged}, false,
         "  127.0.0.1:8001 alice tagged: role=db, zone=eu\n");
    says((struct hc_notice){.kind = HC_NOTICE_ROUND}, false, "");
    says((struct hc_notice){.kind = HC_NOTICE_ACCUSED, .row = &alice, .code = HC_SILENT, .count = 12}, false,
         "! 127.0.0.1:8001 alice had dropped this node 12 s ago: did not answer in time, twice\n");
    says((struct hc_notice){.kind = HC_NOTICE_ACCUSED, .row = &alice, .code = HC_UNREACHABLE, .count = 7199}, false,
         "! 127.0.0.1:8001 alice had dropped this node 1 h ago: cannot be reached\n");
    says((struct hc_notice){.kind = HC_NOTICE_LINKED, .row = &alice, .text = "chord"}, false,
         "  link with 127.0.0.1:8001 alice: chord\n");
    says((struct hc_notice){.kind = HC_NOTICE_UNLINKED, .row = &alice, .code = HC_LEFT}, false,
         "  unlink with 127.0.0.1:8001 alice: said goodbye\n");
    assert_int_equal(event_line_weight(&(struct hc_notice){.kind = HC_NOTICE_MUTATED, .row = &alice}, false),
                     WEIGHT_DETAIL);
}

/* A kind of notice that is new has its words, too. */
static void every_kind_of_notice_is_a_line(void **state)
{
    (void)state;
    for (enum hc_notice_kind kind = HC_NOTICE_STARTED; kind <= HC_NOTICE_ROUND; kind++) {
        const struct hc_notice notice = {.kind = kind, .row = &alice, .code = HC_SILENT, .count = 1};
        struct textbuf buf = {0};
        event_line(&buf, &notice, false, &plain);
        bool silent = kind == HC_NOTICE_STARTED || kind == HC_NOTICE_ROUND;
        assert_int_equal(buf.bytes > EVENT_SIGN_BYTES + 1, !silent);
        assert_true(silent || strchr(buf.text, '\n') == buf.text + buf.bytes - 1);
        textbuf_free(&buf);
    }
}

/* ---- links and stories, out of what a node answers ---- */

typedef void formatter(struct textbuf *buf, const cJSON *answer);

static void links_plain(struct textbuf *buf, const cJSON *answer)
{
    links_table(buf, answer, &plain);
}

static void answer_is_shown(formatter *format, const char *answer, const char *expected)
{
    struct textbuf buf = {0};
    cJSON *json = cJSON_Parse(answer);

    format(&buf, json);
    assert_false(buf.failed);
    assert_string_equal(buf.text, expected);
    textbuf_free(&buf);
    cJSON_Delete(json);
}

static void links_are_a_table(void **state)
{
    (void)state;
    answer_is_shown(links_plain,
                    "{\"ok\":true,\"ring\":\"closed\",\"links\":["
                    "{\"id\":\"aaaaaaaabbbb\",\"addr\":\"127.0.0.1:8001\",\"name\":\"bob\",\"kind\":\"ring\","
                    "\"ours\":true,\"proved\":true,\"pushes\":true,\"pushed\":true,\"agree\":true,"
                    "\"usefulness\":500,\"mode\":\"links\",\"age_ms\":61000,\"heard_ms\":10,"
                    "\"sent_bytes\":1234,\"received_bytes\":99},"
                    "{\"id\":\"ccccccccdddd\",\"addr\":\"127.0.0.1:10002\",\"name\":\"\",\"kind\":\"chord\","
                    "\"ours\":false,\"proved\":false,\"pushes\":false,\"pushed\":true,\"agree\":false,"
                    "\"usefulness\":0,\"age_ms\":2000,\"heard_ms\":10,"
                    "\"sent_bytes\":0,\"received_bytes\":123456}]}",
                    "2 links, 1 of them opened by this node; the ring is closed\n"
                    "  address          name  id        kind     opened  by    out    in       sent  received  useful"
                    "  agrees  mode\n"
                    "  127.0.0.1:8001   bob   aaaaaaaa  ring     1m ago  us    eager  eager  1.2 kB      99 B    0.50"
                    "  yes     links\n"
                    "  127.0.0.1:10002        cccccccc  opening  2s ago  them  lazy   eager     0 B    123 kB    0.00"
                    "  no\n");
    answer_is_shown(links_plain, "{\"ok\":true,\"ring\":\"alone\",\"links\":[]}",
                    "no links: no other node to link with\n");
    answer_is_shown(links_plain, "{\"ok\":true,\"ring\":\"open\",\"links\":[]}", "no links\n");
    answer_is_shown(links_plain, "{}", "no links\n"); /* of some other version */
}

static void a_story_is_told_in_words(void **state)
{
    (void)state;
    answer_is_shown(story_words,
                    "{\"ok\":true,\"id\":\"aaaaaaaabbbb\",\"addr\":\"127.0.0.1:8003\",\"name\":\"bob\",\"self\":false,"
                    "\"status\":\"dropped\",\"reason\":\"unreachable\",\"standing\":false,\"flaps\":1,\"story\":["
                    "{\"kind\":\"heard\",\"age_ms\":125000,\"by\":{\"id\":\"cccccccccccc\",\"addr\":\"127.0.0.1:8000\","
                    "\"name\":\"\"}},"
                    "{\"kind\":\"linked\",\"age_ms\":124900},"
                    "{\"kind\":\"unlinked\",\"age_ms\":12400,\"reason\":\"closed\"},"
                    "{\"kind\":\"asked\",\"age_ms\":12400},"
                    "{\"kind\":\"failed\",\"age_ms\":12399,\"reason\":\"unreachable\"},"
                    "{\"kind\":\"dropped\",\"age_ms\":12399,\"reason\":\"unreachable\"},"
                    "{\"kind\":\"hint\",\"age_ms\":12390,\"reason\":\"silent\",\"by\":{\"id\":\"dddddddddddd\","
                    "\"addr\":\"\",\"name\":\"\"}}]}",
                    "127.0.0.1:8003 bob (id aaaaaaaa), as this node saw it:\n"
                    "  2 min 5 s ago  heard of it for the first time, from 127.0.0.1:8000\n"
                    "  2 min 4 s ago  link opened\n"
                    "     12.4 s ago  link lost: it ended without a goodbye\n"
                    "     12.4 s ago  asked it whether it lives\n"
                    "     12.3 s ago  it did not answer: the connection was refused, or did not come about\n"
                    "     12.3 s ago  dropped it: cannot be reached\n"
                    "     12.3 s ago  dddddddd said that it is gone: did not answer in time, twice\n"
                    "now dropped: cannot be reached; it has come back 1 time in all\n");
    answer_is_shown(story_words,
                    "{\"ok\":true,\"id\":\"aaaaaaaabbbb\",\"addr\":\"\",\"name\":\"\",\"self\":false,\"flaps\":0,"
                    "\"story\":[]}",
                    "aaaaaaaa: nothing is remembered of it\n"
                    "now not in this node's table\n");
    answer_is_shown(
        story_words,
        "{\"ok\":true,\"id\":\"aaaaaaaabbbb\",\"addr\":\"127.0.0.1:8003\",\"name\":\"\",\"self\":false,"
        "\"status\":\"live\",\"link\":\"ring\",\"standing\":true,\"flaps\":2,\"story\":["
        "{\"kind\":\"returned\",\"age_ms\":0},{\"kind\":\"dreamt\",\"age_ms\":0}]}",
        "127.0.0.1:8003 (id aaaaaaaa), as this node saw it:\n"
        "  0.0 s ago  it is back\n"
        "  0.0 s ago  dreamt\n"
        "now live, linked with this node (ring); another node thinks otherwise, and both have looked; it has "
        "come back 2 times in all\n");
}

/* Of itself a node tells what others say. */
static void a_nodes_own_story_is_what_others_say(void **state)
{
    (void)state;
    answer_is_shown(
        story_words,
        "{\"ok\":true,\"id\":\"aaaaaaaabbbb\",\"addr\":\"127.0.0.1:8003\",\"name\":\"\",\"self\":true,"
        "\"status\":\"live\",\"standing\":false,\"reachable\":\"yes\",\"flaps\":0,\"story\":["
        "{\"kind\":\"accused\",\"age_ms\":500,\"reason\":\"silent\",\"by\":{\"id\":\"cccccccccccc\","
        "\"addr\":\"127.0.0.1:8000\",\"name\":\"alice\"}}]}",
        "this is 127.0.0.1:8003 (id aaaaaaaa) itself\n"
        "  0.5 s ago  127.0.0.1:8000 alice said that it had dropped this node: did not answer in time, twice\n"
        "others reach it at this address, by what they say\n");
    answer_is_shown(story_words,
                    "{\"ok\":true,\"id\":\"aaaaaaaabbbb\",\"addr\":\"127.0.0.1:8003\",\"name\":\"\",\"self\":true,"
                    "\"reachable\":\"unknown\",\"flaps\":0,\"story\":[]}",
                    "this is 127.0.0.1:8003 (id aaaaaaaa) itself\n"
                    "no node has said that it had dropped this one\n"
                    "whether others reach it is not known yet\n");
}

/* Every kind of entry has its words, with a reason and without. */
static void every_kind_of_entry_has_words(void **state)
{
    static const char *const kinds[] = {
#define X(kind, name) name,
        HC_STORY_KINDS(X)
#undef X
    };
    static const char *const reasons[] = {"", ",\"reason\":\"silent\"", ",\"reason\":\"of_tomorrow\""};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds * 3; i++) {
        char answer[160];
        struct textbuf buf = {0};
        (void)snprintf(answer, sizeof answer, "{\"story\":[{\"kind\":\"%s\",\"age_ms\":0%s}]}", kinds[i / 3],
                       reasons[i % 3]);
        cJSON *json = cJSON_Parse(answer);
        story_words(&buf, json);
        const char *words = strstr(buf.text, "0.0 s ago  ");
        assert_non_null(words);
        assert_true(strlen(words) > strlen("0.0 s ago  it is\nnow"));
        textbuf_free(&buf);
        cJSON_Delete(json);
    }
}

/* ---- the welcome ---- */

static void welcome(const struct screen_command *command, const struct runtime_facts *facts, const char *expected)
{
    static const uint8_t network[HC_NETWORK_BYTES] = {0x12, 0x34, 0x56, 0x78};
    struct textbuf buf = {0};

    screen_welcome(&buf, command, facts, &alice, network, &plain);
    if (!strstr(buf.text, expected)) {
        fail_msg("'%s' is missing in: %s", expected, buf.text);
    }
    textbuf_free(&buf);
}

static void the_welcome_tells_how_to_start_the_next(void **state)
{
    static const char *const contacts[] = {"127.0.0.1:8000", "127.0.0.1:8002"};
    struct screen_command command = {.program = "howcoin-node", .network_name = ""};
    struct runtime_facts facts = {.address = "127.0.0.1:8000", .port = 8000, .network_name = ""};

    (void)state;
    welcome(&command, &facts,
            "This is node 127.0.0.1:8000 alice (id abcdef01) of the network 12345678.\n"
            "It drew 37 coins.\n");
    welcome(&command, &facts, "    howcoin-node --port 8001 --peer 8000\n");
    command.contacts = contacts;
    command.contact_count = 2;
    facts.address = "127.0.0.1:8001";
    facts.port = 8001;
    welcome(&command, &facts, " --port 8003 --peer 8001\n");
    command.program = "./my build/howcoin-node";
    command.coins_file = "/tmp/it's.txt";
    command.network_name = "red";
    command.ephemeral = true;
    welcome(&command, &facts,
            "'./my build/howcoin-node' --port 8003 --peer 8001 --coins '/tmp/it'\\''s.txt' --network red "
            "--ephemeral\n");
    facts.port = 65535;
    welcome(&command, &facts, " --port 0 --peer 8001");
    facts.exposed = true;
    facts.address = "[2001:db8::1]:65535";
    welcome(&command, &facts, " --bind ITS-ADDRESS --peer '[2001:db8::1]:65535'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_stand_by_address_and_this_one_is_marked),
        cmocka_unit_test(hosts_are_sorted_as_numbers_too),
        cmocka_unit_test(one_node_and_one_coin_are_singular),
        cmocka_unit_test(columns_come_when_they_are_needed),
        cmocka_unit_test(only_live_nodes_are_rows_and_status_lists_the_others),
        cmocka_unit_test(the_head_says_how_many_agree),
        cmocka_unit_test(links_and_modes_stand_beside_the_rows),
        cmocka_unit_test(tags_stand_below_the_table),
        cmocka_unit_test(a_terminal_gets_what_fits),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(shortened_text_keeps_the_port),
        cmocka_unit_test(sums_bytes_and_ages_in_words),
        cmocka_unit_test(colours_are_kept_within_a_line),
        cmocka_unit_test(what_happens_is_a_line),
        cmocka_unit_test(every_kind_of_notice_is_a_line),
        cmocka_unit_test(links_are_a_table),
        cmocka_unit_test(a_story_is_told_in_words),
        cmocka_unit_test(a_nodes_own_story_is_what_others_say),
        cmocka_unit_test(every_kind_of_entry_has_words),
        cmocka_unit_test(the_welcome_tells_how_to_start_the_next),
    };
    view_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
