/* The messages of links: what is refused, and that nothing is lost on the way (K2-K9). */
#include "wire_lines.h"

#include <stdlib.h>

#include "core/rows/words.h"

#define GREETING(type) "'howcoin':1,'type':'" type "','network':'$N','from':'$F',"
#define HELLO GREETING("hello") "'nonce':'$C'"
#define WELCOME GREETING("welcome") "'proof':'$S'"
#define ID8 "0123456789abcdef"
#define PATCH "{'id':'" ID8 "','base':4,'draw':5,'coins':6,'sig':'$S'}"
#define PATCH_WITH(more) "'type':'news','patches':[{'id':'" ID8 "','base':4,'draw':5,'coins':6," more "'sig':'$S'}]"
/* Two rows of a list: 17 bytes each. */
#define LISTED_2 "AAECAwQFBgcICQoLDA0ODwAAAQIDBAUGCAAAAAAAAAAAAw"

static void decode(struct hc_message *message, const char *pattern)
{
    char whole[8192], line[16384];
    struct hc_fault fault;
    (void)snprintf(whole, sizeof whole, "{%s}", pattern);
    size_t bytes = line_of(line, sizeof line, whole);
    if (hc_wire_decode(message, line, bytes, network->id, &fault) != HC_OK) {
        fail_msg("%s: %s", line, fault.text);
    }
}

/* K2-K9: every type of message, in the one way that it is written: what is read is written as the same bytes again. */
static void every_message_comes_back(void **unused)
{
    (void)unused;
    static const struct {
        enum hc_message_type type;
        const char *pattern;
    } cases[] = {
        {HC_MESSAGE_HELLO, HELLO},
        {HC_MESSAGE_HELLO, "'howcoin':0,'type':'hello','highest':7,'network':'$N','from':'$F','nonce':'$C'"},
        {HC_MESSAGE_HELLO, HELLO ",'digests':['$C','$C'],'keep':true,'links':true,'reached':false,'your_version':12,"
                                 "'dropped':{'code':'silent','ago':12}"},
        {HC_MESSAGE_WELCOME, WELCOME},
        {HC_MESSAGE_WELCOME, GREETING("welcome") "'nonce':'$C','proof':'$S','digests':['$C','$C'],'keep':true,"
                                                 "'links':true,'reached':true,'your_version':9007199254740991,"
                                                 "'dropped':{'code':'unreachable','ago':0}"},
        {HC_MESSAGE_PROOF, "'type':'proof','proof':'$S'"},
        {HC_MESSAGE_BEAT, "'type':'beat'"},
        {HC_MESSAGE_BEAT, "'type':'beat','digests':['$C','$C']"},
        {HC_MESSAGE_BEAT, "'type':'beat','digests':['$C','$C'],'ring':true"},
        {HC_MESSAGE_NEWS, "'type':'news'"},
        {HC_MESSAGE_NEWS, "'type':'news','patches':[" PATCH "," PATCH "],'verdicts':[['" ID8 "',7,'closed'],['" ID8
                          "',0,'back']],'rows':[$R],'dropped':[$R],'ages':[3],'forks':[[$R,$R]]"},
        {HC_MESSAGE_NEWS, "'type':'news','rows':[$R]"},
        {HC_MESSAGE_NEWS, "'type':'news','verdicts':[['" ID8 "',1,'bad_row']]"},
        {HC_MESSAGE_NEWS, "'type':'news','patches':[{'id':'" ID8 "','base':0,'version':9007199254740991,'draw':1,"
                          "'coins':1000000000000,'left':true,'sent':{'" ID8 "':1,'" ID8 "':2,'$P':9007199254740991},"
                          "'sig':'$S'}]"},
        {HC_MESSAGE_LAZY, "'type':'lazy'"},
        {HC_MESSAGE_EAGER, "'type':'eager'"},
        {HC_MESSAGE_LIST, "'type':'list','listed':''"},
        {HC_MESSAGE_LIST, "'type':'list','listed':'" LISTED_2 "'"},
        {HC_MESSAGE_LIST, "'type':'list','of':'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA','listed':'" LISTED_2 "'"},
        {HC_MESSAGE_WANT, "'type':'want','ids':''"},
        {HC_MESSAGE_WANT, "'type':'want','ids':'AAECAwQFBgc'"},
        {HC_MESSAGE_WANT, "'type':'want','ids':'AAECAwQFBgcAAQIDBAUGBwABAgMEBQYHAAECAwQFBgc'"},
        {HC_MESSAGE_ROWS, "'type':'rows'"},
        {HC_MESSAGE_ROWS, "'type':'rows','rows':[$R],'dropped':[$R],'ages':[9],'forks':[[$R,$R]]"},
        {HC_MESSAGE_TOOK, "'type':'took'"},
        {HC_MESSAGE_BYE, "'type':'bye'"},
        {HC_MESSAGE_UNKNOWN, "'type':'unknown'"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char whole[4096], line[8192], *written;
        struct hc_message message, starved;
        size_t bytes;
        (void)snprintf(whole, sizeof whole, "{%s}\n", cases[i].pattern);
        size_t expected = line_of(line, sizeof line, whole);
        decode(&message, cases[i].pattern);
        assert_int_equal(message.type, cases[i].type);
        assert_int_equal(hc_wire_size(&message), expected);
        MUST(hc_wire_encode(&written, &bytes, &message));
        assert_string_equal(written, line);
        hc_wire_free(written);
        hc_message_clear(&message);
        /* However little memory there is: the same message or an error. */
        enum hc_code code = HC_NO_MEMORY;
        for (long after = 0; code != HC_OK; after++) {
            memory_fail_after(after);
            code = hc_wire_decode(&starved, line, expected - 1, network->id, NULL);
            memory_fail_after(-1);
            assert_true(code == HC_OK || (!starved.state && !starved.words));
            hc_message_clear(&starved);
        }
    }
}

/* K3, K7: the strings of bytes that are longest: the hashes of all buckets, and as many rows as fit. */
static void the_longest_lists_come_back(void **unused)
{
    (void)unused;
    struct hc_message message = {.type = HC_MESSAGE_BUCKETS, .words = words_new()}, again;
    struct hc_fault fault;
    char *line;
    size_t bytes;
    assert_non_null(message.words);
    assert_true(words_add_buckets(message.words));
    for (size_t i = 0; i < BUCKETS; i++) {
        message.words->buckets[i][i % ID_SHORT_BYTES] = (uint8_t)(i + 1);
    }
    MUST(hc_wire_encode(&line, &bytes, &message));
    MUST(hc_wire_decode(&again, line, bytes - 1, network->id, &fault));
    assert_memory_equal(again.words->buckets, message.words->buckets, BUCKETS * ID_SHORT_BYTES);
    hc_wire_free(line);
    hc_message_clear(&again);
    hc_message_clear(&message);

    for (size_t count = 2800; count < 2803; count++) { /* of all remainders by three */
        message = (struct hc_message){.type = HC_MESSAGE_LIST, .words = words_new()};
        message.words->covers[31] = 0x80;
        for (size_t i = 0; i < count; i++) {
            struct listed *listed = words_add_listed(message.words);
            *listed = (struct listed){.gone = i % 2, .fresh = i % 3 == 0};
            listed->id[0] = (uint8_t)(i / 2 >> 8); /* each twice: two ids may begin alike */
            listed->id[1] = (uint8_t)(i / 2);
            listed->hash[7] = (uint8_t)i;
        }
        MUST(hc_wire_encode(&line, &bytes, &message));
        assert_true(bytes > LINK_MESSAGE_BYTES_MAX - 2500 && bytes <= LINK_MESSAGE_BYTES_MAX);
        MUST(hc_wire_decode(&again, line, bytes - 1, network->id, &fault));
        assert_int_equal(again.words->listed_count, count);
        assert_memory_equal(again.words->listed, message.words->listed, count * sizeof(struct listed));
        assert_memory_equal(again.words->covers, message.words->covers, sizeof again.words->covers);
        hc_wire_free(line);
        hc_message_clear(&again);
        hc_message_clear(&message);
    }
}

/* What a greeting says is in the fields of the message (K2). */
static void greetings_are_read(void **unused)
{
    (void)unused;
    struct hc_message message;
    decode(&message, HELLO);
    assert_true(message.lowest == 1 && message.highest == 1);
    assert_false(message.keep || message.links || message.has_digests || message.proved);
    assert_int_equal(message.reached, HC_REACH_UNKNOWN);
    assert_int_equal(message.dropped_why, HC_OK);
    assert_int_equal(message.your_version, 0);
    decode(&message, "'highest':99999999999," GREETING(
                         "hello") "'nonce':'$C','keep':false,'your_version':3,"
                                  "'dropped':{'ago':99999999999,'code':'silent','later':[]},'rows':7");
    assert_true(message.lowest == 1 && message.highest == UINT32_MAX && message.your_version == 3);
    assert_true(message.dropped_why == HC_SILENT && message.dropped_ago_s == UINT32_MAX);
    /* A welcome says the version that was chosen; what only a hello may say is skipped. */
    decode(&message, WELCOME ",'reached':true,'highest':'x'");
    assert_true(message.lowest == 1 && message.highest == 1 && message.reached == HC_REACH_YES);
    /* Gossip and errors have no range. */
    decode(&message, "'howcoin':1,'highest':[],'type':'error','code':'busy'");
    assert_true(message.lowest == 0 && message.highest == 0);
}

/* K9, K2: a reason that is not known, or that no node is gone for, is that it cannot be reached. */
static void reasons_are_names(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        enum hc_code code;
    } cases[] = {
        {"silent", HC_SILENT},        {"left", HC_LEFT},      {"bad_row", HC_BAD_ROW},       {"timeout", HC_SLOW},
        {"of later", HC_UNREACHABLE}, {"ok", HC_UNREACHABLE}, {"no_memory", HC_UNREACHABLE}, {"", HC_UNREACHABLE},
    };
    struct hc_message message;
    char pattern[512];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(pattern, sizeof pattern, "'type':'news','verdicts':[['" ID8 "',5,'%s']]", cases[i].name);
        decode(&message, pattern);
        assert_int_equal(message.words->verdicts[0].reason, cases[i].code);
        hc_message_clear(&message);
        (void)snprintf(pattern, sizeof pattern, HELLO ",'dropped':{'code':'%s','ago':1}", cases[i].name);
        decode(&message, pattern);
        assert_int_equal(message.dropped_why, cases[i].code);
    }
    decode(&message, "'type':'news','verdicts':[['" ID8 "',5,'back']]");
    assert_int_equal(message.words->verdicts[0].reason, HC_OK);
    hc_message_clear(&message);
    decode(&message, HELLO ",'dropped':{'code':'back','ago':1}"); /* only a verdict says that */
    assert_int_equal(message.dropped_why, HC_UNREACHABLE);
    /* What our own code should never say is not passed on either. */
    message = (struct hc_message){.type = HC_MESSAGE_NEWS, .words = words_new()};
    words_add_verdict(message.words)->reason = HC_NO_MEMORY;
    char *line;
    size_t bytes;
    MUST(hc_wire_encode(&line, &bytes, &message));
    assert_non_null(strstr(line, "\"unreachable\""));
    hc_wire_free(line);
    hc_message_clear(&message);
}

/* K5: a patch says all its numbers, and names payees of the base by the beginning of their ids. */
static void patches_are_read(void **unused)
{
    (void)unused;
    struct hc_message message;
    decode(&message, PATCH_WITH("'sent':{'" ID8 "':3,'$P':4},'left':true,'later':1,"));
    const struct patch *patch = &message.words->patches[0];
    assert_true(patch->base == 4 && patch->version == 5 && patch->draw == 5 && patch->coins == 6 && patch->left);
    assert_int_equal(patch->sent_count, 2);
    assert_true(!patch->sent[0].fresh && patch->sent[0].amount == 3 && patch->sent[0].payee[7] == 0xef);
    assert_true(patch->sent[1].fresh && patch->sent[1].amount == 4);
    assert_memory_equal(patch->sent[1].payee, test_identity(1)->id, HC_ID_BYTES);
    hc_message_clear(&message);
}

/* K2: a greeting is as strict as a request; a version that is not spoken comes before all else. */
static void greetings_are_strict(void **unused)
{
    (void)unused;
    static const struct refusal cases[] = {
        {"'howcoin':2,'type':'hello'", HC_WRONG_VERSION, "howcoin: version 1 is spoken here, not 2"},
        {"'howcoin':2,'highest':3,'type':'hello'", HC_WRONG_VERSION, "howcoin: version 1 is spoken here, not one of 2"},
        {"'howcoin':0,'type':'hello'", HC_WRONG_VERSION, "howcoin: "},
        {"'howcoin':1,'highest':0,'type':'hello'", HC_WRONG_VERSION, "howcoin: "},
        {"'howcoin':9007199254740991,'type':'of later'", HC_WRONG_VERSION, "howcoin: "},
        {"'howcoin':'1','type':'hello'", HC_BAD_FRAME, "howcoin: "},
        {"'howcoin':1,'highest':'1','type':'hello'", HC_BAD_FRAME, "highest: "},
        {"'howcoin':0,'highest':1,'type':'welcome'", HC_WRONG_VERSION, "howcoin: "}, /* only a hello has a range */
        {"'type':'hello','network':'$N','from':'$F','nonce':'$C'", HC_BAD_FRAME, "howcoin: missing"},
        {"'howcoin':1,'type':'hello','from':'$F','nonce':'$C'", HC_BAD_FRAME, "network: missing"},
        {"'howcoin':1,'type':'hello','network':'0123456789abcdef0123456789abcdef','from':1,'nonce':1", HC_WRONG_NETWORK,
         "this node is of "},
        {"'howcoin':1,'type':'hello','network':'$N','nonce':'$C'", HC_BAD_FRAME, "from: missing"},
        {GREETING("hello") "'keep':true", HC_BAD_FRAME, "nonce: missing"},
        {GREETING("hello") "'nonce':'$S'", HC_BAD_FRAME, "nonce: "},
        {HELLO ",'keep':1", HC_BAD_FRAME, "keep: true or false"},
        {HELLO ",'links':'yes'", HC_BAD_FRAME, "links: "},
        {HELLO ",'reached':null", HC_BAD_FRAME, "reached: "},
        {HELLO ",'keep':true,'keep':true", HC_BAD_FRAME, "keep: given twice"},
        {HELLO ",'your_version':-1", HC_BAD_FRAME, "your_version: "},
        {HELLO ",'digests':[]", HC_BAD_FRAME, "digests: two times 16 bytes"},
        {HELLO ",'digests':['$C']", HC_BAD_FRAME, "digests: "},
        {HELLO ",'digests':['$C','$C','$C']", HC_BAD_FRAME, "digests: "},
        {HELLO ",'digests':['$C','$S']", HC_BAD_FRAME, "digests: "},
        {HELLO ",'digests':['$C=','$C']", HC_BAD_FRAME, "digests: "},
        {HELLO ",'digests':{'a':'$C','b':'$C'}", HC_BAD_FRAME, "digests: "},
        {HELLO ",'dropped':[]", HC_BAD_FRAME, "dropped: an object"},
        {HELLO ",'dropped':{'code':'silent'}", HC_BAD_FRAME, "dropped: code"},
        {HELLO ",'dropped':{'ago':1}", HC_BAD_FRAME, "dropped: code"},
        {HELLO ",'dropped':{'code':1,'ago':1}", HC_BAD_FRAME, "dropped: code"},
        {HELLO ",'dropped':{'code':'silent','ago':-1}", HC_BAD_FRAME, "dropped: code"},
        {HELLO ",'dropped':{'code':'silent','ago':1,'ago':1}", HC_BAD_FRAME, "ago: given twice"},
        {GREETING("welcome") "'keep':false", HC_BAD_FRAME, "proof: missing"},
        {GREETING("welcome") "'proof':'$C'", HC_BAD_FRAME, "proof: "},
        {WELCOME ",'keep':true", HC_BAD_FRAME, "nonce: one beside keep"},
        {WELCOME ",'nonce':'$C'", HC_BAD_FRAME, "nonce: one beside keep"},
        {WELCOME ",'nonce':'$C','keep':true", HC_OK, ""},
    };
    char pattern[2048], line[4096];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(pattern, sizeof pattern, "{%s}", cases[i].pattern);
        check(line, line_of(line, sizeof line, pattern), &cases[i]);
    }
}

/* K3-K9: what goes over a link has its form; a type that is not known is skipped, whatever it says. */
static void links_are_strict(void **unused)
{
    (void)unused;
    static const struct refusal cases[] = {
        {"'type':'of a later version','rows':7,'proof':[]", HC_OK, ""},
        {"'type':'gossip','rows':[]", HC_BAD_FRAME, "howcoin: missing"},
        {"'type':'error','code':'busy'", HC_BAD_FRAME, "howcoin: missing"},
        {"'howcoin':1,'type':'news'", HC_BAD_FRAME, "type: "},
        {"'type':['beat']", HC_BAD_FRAME, "type: a string"},
        {"'type':'beat','type':'beat'", HC_BAD_FRAME, "type: given twice"},
        {"'type':'beat','digests':['$C']", HC_BAD_FRAME, "digests: "},
        {"'type':'beat','ring':1", HC_BAD_FRAME, "ring: true or false"},
        {"'type':'beat','rows':7,'of':1", HC_OK, ""}, /* known elsewhere, unknown here */
        {"'type':'proof'", HC_BAD_FRAME, "proof: missing"},
        {"'type':'proof','proof':'$C'", HC_BAD_FRAME, "proof: "},
        {"'type':'news','rows':{}", HC_BAD_FRAME, "rows: an array"},
        {"'type':'news','rows':[1]", HC_BAD_ROW, "rows[0]: an object"},
        {"'type':'news','ages':[1]", HC_BAD_FRAME, "ages: "},
        {"'type':'news','forks':[[$R]]", HC_BAD_FRAME, "forks: two to four"},
        {"'type':'rows','forks':[[$R,$R],[$R,$R,$R]]", HC_BAD_FRAME, "forks: at most four"},
        {"'type':'news','patches':{}", HC_BAD_FRAME, "patches: an array"},
        {"'type':'news','patches':[" PATCH ",7]", HC_BAD_ROW, "patches[1]: an object"},
        {"'type':'news','patches':[{}]", HC_BAD_ROW, "patches[0]: id: missing"},
        {"'type':'news','patches':[{'id':'" ID8 "','draw':5,'coins':6,'sig':'$S'}]", HC_BAD_ROW, "patches[0]: base: m"},
        {"'type':'news','patches':[{'id':'" ID8 "','base':1,'coins':6,'sig':'$S'}]", HC_BAD_ROW, "patches[0]: draw: m"},
        {"'type':'news','patches':[{'id':'" ID8 "','base':1,'draw':5,'sig':'$S'}]", HC_BAD_ROW, "patches[0]: coins: m"},
        {"'type':'news','patches':[{'id':'" ID8 "','base':1,'draw':5,'coins':6}]", HC_BAD_ROW, "patches[0]: sig: m"},
        {"'type':'news','patches':[{'id':'$F','base':4,'draw':5,'coins':6,'sig':'$S'}]", HC_BAD_ROW, "patches[0]: id:"},
        {"'type':'news','patches':[{'id':'" ID8 "','base':9007199254740991,'draw':5,'coins':6,'sig':'$S'}]", HC_BAD_ROW,
         "patches[0]: base: "},
        {"'type':'news','patches':[{'id':'" ID8 "','base':1,'draw':-5,'coins':6,'sig':'$S'}]", HC_BAD_ROW,
         "patches[0]: draw: "},
        {"'type':'news','patches':[{'id':'" ID8 "','base':1,'draw':5,'coins':1000000000001,'sig':'$S'}]", HC_BAD_ROW,
         "patches[0]: coins: "},
        {"'type':'news','patches':[{'id':'" ID8 "','base':1,'draw':5,'coins':6,'sig':'$C'}]", HC_BAD_ROW,
         "patches[0]: sig: "},
        {PATCH_WITH("'version':4,"), HC_BAD_ROW, "patches[0]: version: a number greater than base"},
        {PATCH_WITH("'version':9007199254740992,"), HC_BAD_ROW, "patches[0]: version: "},
        {PATCH_WITH("'version':5,"), HC_OK, ""},
        {PATCH_WITH("'base':4,"), HC_BAD_ROW, "patches[0]: base: given twice"},
        {PATCH_WITH("'left':1,"), HC_BAD_ROW, "patches[0]: left: "},
        {PATCH_WITH("'sent':[],"), HC_BAD_ROW, "patches[0]: sent: an object"},
        {PATCH_WITH("'sent':{'" ID8 "0':1},"), HC_BAD_ROW, "patches[0]: sent: 16 or 64"},
        {PATCH_WITH("'sent':{'':1},"), HC_BAD_ROW, "patches[0]: sent: 16 or 64"},
        {PATCH_WITH("'sent':{'" ID8 "':0},"), HC_BAD_ROW, "patches[0]: sent: a whole number"},
        {PATCH_WITH("'sent':{'" ID8 "':'1'},"), HC_BAD_ROW, "patches[0]: sent: a whole number"},
        {PATCH_WITH("'sent':{'0123456789abcdee':1,'" ID8 "':1},"), HC_OK, ""},
        {PATCH_WITH("'sent':{'" ID8 "':1,'0123456789abcdee':1},"), HC_BAD_ROW, "patches[0]: sent: payees in ascend"},
        {"'type':'news','verdicts':7", HC_BAD_FRAME, "verdicts: an array"},
        {"'type':'news','verdicts':[7]", HC_BAD_FRAME, "verdicts[0]: 16 lowercase hex"},
        {"'type':'news','verdicts':[['" ID8 "',1]]", HC_BAD_FRAME, "verdicts[0]: "},
        {"'type':'news','verdicts':[['" ID8 "',1,'back',1]]", HC_BAD_FRAME, "verdicts[0]: "},
        {"'type':'news','verdicts':[['" ID8 "',1,'back'],['" ID8 "',1,2]]", HC_BAD_FRAME, "verdicts[1]: "},
        {"'type':'news','verdicts':[['" ID8 "','1','back']]", HC_BAD_FRAME, "verdicts[0]: "},
        {"'type':'news','verdicts':[['$F',1,'back']]", HC_BAD_FRAME, "verdicts[0]: "},
        {"'type':'buckets'", HC_BAD_FRAME, "buckets: missing"},
        {"'type':'buckets','buckets':'$S'", HC_BAD_FRAME, "buckets: 256 times 8 bytes"},
        {"'type':'buckets','buckets':[]", HC_BAD_FRAME, "buckets: "},
        {"'type':'list'", HC_BAD_FRAME, "listed: missing"},
        {"'type':'list','listed':[]", HC_BAD_FRAME, "listed: 17 bytes each"},
        {"'type':'list','listed':'$C'", HC_BAD_FRAME, "listed: 17 bytes each"},
        {"'type':'list','listed':'AAECAwQFBgcICQoLDA0ODwB'", HC_BAD_FRAME, "listed: unpadded"},
        {"'type':'list','listed':'AAECAwQFBgcICQoLDA0ODw='", HC_BAD_FRAME, "listed: unpadded"},
        {"'type':'list','listed':'AAECAwQFBgcICQoLDA0ODwA='", HC_BAD_FRAME, "listed: 17 bytes each"},
        {"'type':'list','listed':'AAECAwQFBgcICQoLDA0ODwQ'", HC_BAD_FRAME, "listed: rows in order of ids"}, /* flags */
        {"'type':'list','listed':'AAECAwQFBggAAAAAAAAAAAMAAQIDBAUGBwAAAAAAAAAAAA'", HC_BAD_FRAME, "listed: rows in"},
        {"'type':'list','of':'$C','listed':''", HC_BAD_FRAME, "of: 32 bytes"},
        {"'type':'want'", HC_BAD_FRAME, "ids: missing"},
        {"'type':'want','ids':7", HC_BAD_FRAME, "ids: 8 bytes each"},
        {"'type':'want','ids':'AAECAwQFBg'", HC_BAD_FRAME, "ids: 8 bytes each"},
        {"'type':'want','ids':'AAECAwQFBgd'", HC_BAD_FRAME, "ids: unpadded"},
        {"'type':'want','ids':'A'", HC_BAD_FRAME, "ids: 8 bytes each"},
    };
    char pattern[4096], line[8192];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(pattern, sizeof pattern, "{%s}", cases[i].pattern);
        check(line, line_of(line, sizeof line, pattern), &cases[i]);
    }
}

/* A line of so many bytes: the pattern, then blanks, then what ends it. */
static enum hc_code decode_padded(const char *pattern, size_t bytes, struct hc_fault *fault)
{
    struct hc_message message;
    char *line = malloc(bytes + 8192);
    assert_non_null(line);
    size_t used = line_of(line, 8192, pattern);
    assert_true(used < bytes);
    memset(line + used, ' ', bytes - used);
    line[bytes - 1] = '}';
    enum hc_code code = hc_wire_decode(&message, line, bytes, network->id, fault);
    hc_message_clear(&message);
    free(line);
    return code;
}

/* Greetings and messages of links are small; the rows of one owner go together, and have a bound, too. */
static void links_have_a_greatest_message(void **unused)
{
    (void)unused;
    static const struct {
        const char *pattern;
        size_t bytes; /* that it may have, without its end */
    } cases[] = {
        {"{" HELLO, LINK_MESSAGE_BYTES_MAX - 1},
        {"{" WELCOME, LINK_MESSAGE_BYTES_MAX - 1},
        {"{'type':'beat'", LINK_MESSAGE_BYTES_MAX - 1},
        {"{'type':'of a later version'", LINK_MESSAGE_BYTES_MAX - 1},
        {"{'type':'rows'", LINK_MESSAGE_BYTES_MAX - 1},
        {"{'type':'news','verdicts':[['" ID8 "',7,'closed']],'rows':[$R]", LINK_MESSAGE_BYTES_MAX - 1},
        {"{'type':'rows','rows':[$R]", HC_LINK_LINE_BYTES_MAX - 1},
        {"{'type':'news','dropped':[$R],'forks':[[$R,$R]]", HC_LINK_LINE_BYTES_MAX - 1},
        {"{'type':'rows','rows':[$R,{'id':'$P','addr':'h:1','name':'','draw':1,'coins':5,'version':1,'sig':'$S'}]",
         LINK_MESSAGE_BYTES_MAX - 1},
    };
    struct hc_fault fault;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(decode_padded(cases[i].pattern, cases[i].bytes, &fault), HC_OK);
        assert_int_equal(decode_padded(cases[i].pattern, cases[i].bytes + 1, &fault), HC_TOO_LARGE);
    }
    assert_int_equal(decode_padded("{'howcoin':1,'type':'error','code':'busy'", HC_LINK_LINE_BYTES_MAX, &fault), HC_OK);
}

/* A message has a greatest number of words of each kind, and a patch of payees. */
static void words_have_a_greatest_number(void **unused)
{
    (void)unused;
    static const struct {
        const char *before, *again, *after;
        size_t most;
        enum hc_code code;
        const char *said;
    } cases[] = {
        {"{'type':'news','verdicts':[", "0", "]}", 0, HC_BAD_FRAME, "verdicts[0]: "},
        {"{'type':'news','verdicts':[", "['" ID8 "',1,'']", "]}", LINK_WORDS_MAX, HC_TOO_LARGE, "verdicts: more"},
        {"{'type':'news','patches':[{'id':'" ID8 "','base':1,'draw':1,'coins':1,'sig':'$S','sent':{", "'" ID8 "':1",
         "}}]}", HC_PAYEES_MAX, HC_BAD_ROW, "patches[0]: sent: more than 512"},
    };
    struct hc_message message;
    struct hc_fault fault;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t count = cases[i].most; count <= cases[i].most + 1; count++) {
            size_t room = count * 128 + 4096, used = 0;
            char *line = malloc(room);
            assert_non_null(line);
            used += line_of(line, room, cases[i].before);
            for (size_t k = 0; k < count; k++) {
                used += line_of(line + used, room - used, k > 0 ? "," : "");
                used += line_of(line + used, room - used, cases[i].again);
            }
            used += line_of(line + used, room - used, cases[i].after);
            enum hc_code code = hc_wire_decode(&message, line, used, network->id, &fault);
            bool fits = count <= cases[i].most && used < LINK_MESSAGE_BYTES_MAX;
            assert_int_equal(code, fits ? HC_OK : count > cases[i].most ? cases[i].code : HC_TOO_LARGE);
            if (count > cases[i].most) {
                assert_int_equal(strncmp(fault.text, cases[i].said, strlen(cases[i].said)), 0);
            }
            hc_message_clear(&message);
            free(line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back),
        cmocka_unit_test(the_longest_lists_come_back),
        cmocka_unit_test(greetings_are_read),
        cmocka_unit_test(reasons_are_names),
        cmocka_unit_test(patches_are_read),
        cmocka_unit_test(greetings_are_strict),
        cmocka_unit_test(links_are_strict),
        cmocka_unit_test(links_have_a_greatest_message),
        cmocka_unit_test(words_have_a_greatest_number),
    };
    return cmocka_run_group_tests(tests, lines_setup, network_teardown);
}
