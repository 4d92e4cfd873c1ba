/* The wire format: what is refused, with which code and words, and that nothing is lost on the way (R5, R6, W1-W4). */
#include "wire_lines.h"

#include <cjson/cJSON.h>
#include <malloc.h>
#include <stdlib.h>

/* W4: a line that is no message at all is refused as bad_frame, and the text says what was expected. */
static void frames_are_strict(void **unused)
{
    (void)unused;
    static const struct refusal cases[] = {
        {"", HC_BAD_FRAME, "not JSON"},
        {" ", HC_BAD_FRAME, "not JSON"},
        {"hello", HC_BAD_FRAME, "not JSON"},
        {"GET / HTTP/1.1\r", HC_BAD_FRAME, "not JSON"},
        {"{", HC_BAD_FRAME, "not JSON"},
        {"{'howcoin':1,}", HC_BAD_FRAME, "not JSON"},
        {"{'howcoin':}", HC_BAD_FRAME, "not JSON"},
        {"{'howcoin' 1}", HC_BAD_FRAME, "not JSON"},
        {"{'howcoin':1 'type':'gossip'}", HC_BAD_FRAME, "not JSON"},
        {"{'a':'\\x'}", HC_BAD_FRAME, "not JSON"},
        {"{'a':'\\ud800'}", HC_BAD_FRAME, "not JSON"},
        {"{'a':nul}", HC_BAD_FRAME, "not JSON"},
        {"{'a':1..2}", HC_BAD_FRAME, "not JSON"},
        {"{'a':007}", HC_BAD_FRAME, "a number with a leading zero, at byte 5"},
        {"{'a':[0,0.5,1e05,'007']}", HC_BAD_FRAME, "type: missing"},
        {"[]", HC_BAD_FRAME, "a JSON object"},
        {"1", HC_BAD_FRAME, "a JSON object"},
        {"'howcoin'", HC_BAD_FRAME, "a JSON object"},
        {"null", HC_BAD_FRAME, "a JSON object"},
        {"{'a':1}{'a':1}", HC_BAD_FRAME, "bytes after the object, at byte 7"},
        {"{'a':1} x", HC_BAD_FRAME, "bytes after the object, at byte 8"},
        {"{'a':1},", HC_BAD_FRAME, "bytes after the object"},
        {"{'a':'\x01'}", HC_BAD_FRAME, "a control character in a string, at byte 6"},
        {"{'a':'\n'}", HC_BAD_FRAME, "a control character in a string"},
        {"{'a':\x0b 1}", HC_BAD_FRAME, "a control character, at byte 5"},
        {"{'a':\n1}", HC_BAD_FRAME, "a control character"},
        {"{'a':'\\u0000'}", HC_BAD_FRAME, "a NUL character"},
        {"{'\\u0000':1}", HC_BAD_FRAME, "a NUL character"},
        {"{'a':'\xff'}", HC_BAD_FRAME, "not UTF-8"},
        {"{'a':'\xc0\x80'}", HC_BAD_FRAME, "not UTF-8"},
        {"{'a':'\xed\xa0\x80'}", HC_BAD_FRAME, "not UTF-8"},
        {"\xef\xbb\xbf{'a':1}\xc3", HC_BAD_FRAME, "not UTF-8"},
        {"[[[[[[[[[", HC_BAD_FRAME, "nested too deeply, at byte 8"},
        {"{'a':[[[[[[[[1]]]]]]]]}", HC_BAD_FRAME, "nested too deeply"},
        {"{'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a':{}}}}}}}}}", HC_BAD_FRAME, "nested too deeply"},
        {"{'a':[[[[[[[1]]]]]]]}", HC_BAD_FRAME, "type: missing"}, /* eight levels are taken */
        {"{'a':'[[[[[[[[[['}", HC_BAD_FRAME, "type: missing"},    /* in a string they are none */
        {"{'a':'\\'[[[[[[[[[[\\\\'}", HC_BAD_FRAME, "type: missing"},
        {"{'a':'\\\\u0000'}", HC_BAD_FRAME, "type: missing"}, /* a backslash and six letters */
    };
    char line[4096];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check(line, line_of(line, sizeof line, cases[i].pattern), &cases[i]);
    }
    check("{\"a\":\0001}", 8, &(struct refusal){"", HC_BAD_FRAME, "a NUL character, at byte 5"});
    check("{\"a\":1}\0", 8, &(struct refusal){"", HC_BAD_FRAME, "a NUL character, at byte 7"});
    check("{\"a\":\"\0\"}", 9, &(struct refusal){"", HC_BAD_FRAME, "a NUL character, at byte 6"});
}

/* W2, W4: every key of a message has its type; known keys appear once, unknown ones are skipped. */
static void messages_are_strict(void **unused)
{
    (void)unused;
#define HEAD "'howcoin':1,'type':'gossip',"
#define NET "'network':'$N',"
#define FROM "'from':'$F',"
    static const struct refusal cases[] = {
        {HEAD NET FROM "'nonce':'$C','rows':[]", HC_OK, ""},
        {HEAD NET FROM "'proof':'$S','rows':[]", HC_OK, ""},
        {"'rows':[], 'nonce':'$C',\t" FROM NET HEAD "'later':{'a':[1,{'b':null}]}", HC_OK,
         ""}, /* any order, unknown keys */
        {HEAD NET FROM "'nonce':'$C','rows':[],'Rows':1,'later':1,'later':2", HC_OK, ""},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[],'ages':[],'forks':[]", HC_OK, ""},
        {"'\\u0068owcoin':1e0,'type':'gossip'," NET FROM "'nonce':'$C','rows':[]", HC_OK,
         ""}, /* escaped, it is the same key */
        {"'type':'gossip'", HC_BAD_FRAME, "howcoin: missing"},
        {"'howcoin':1", HC_BAD_FRAME, "type: missing"},
        {"'howcoin':'1','type':'gossip'", HC_BAD_FRAME, "howcoin: "},
        {"'howcoin':1.5,'type':'gossip'", HC_BAD_FRAME, "howcoin: "},
        {"'howcoin':true,'type':'gossip'", HC_BAD_FRAME, "howcoin: "},
        {"'howcoin':2,'type':'gossip'", HC_WRONG_VERSION, "howcoin: version 1 is spoken here, not 2"},
        {"'howcoin':0,'type':'hello'", HC_WRONG_VERSION, "howcoin: "},
        {"'howcoin':1,'type':'beat'", HC_BAD_FRAME, "type: "},
        {"'howcoin':1,'type':'of a later version'", HC_BAD_FRAME, "type: "},
        {"'howcoin':1,'type':1", HC_BAD_FRAME, "type: "},
        {"'howcoin':1,'howcoin':1,'type':'gossip'", HC_BAD_FRAME, "howcoin: given twice"},
        {"'howcoin':1,'\\u0068owcoin':1,'type':'gossip'", HC_BAD_FRAME, "howcoin: given twice"},
        {HEAD NET FROM FROM "'nonce':'$C','rows':[]", HC_BAD_FRAME, "from: given twice"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'rows':[]", HC_BAD_FRAME, "rows: given twice"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'ages':[],'ages':[]", HC_BAD_FRAME, "ages: given twice"},
        {HEAD NET "'nonce':'$C','rows':[]", HC_BAD_FRAME, "from: "},
        {HEAD NET "'from':1,'nonce':'$C','rows':[]", HC_BAD_FRAME, "from: "},
        {HEAD NET "'from':'ab','nonce':'$C','rows':[]", HC_BAD_FRAME, "from: "},
        {HEAD FROM "'nonce':'$C','rows':[]", HC_BAD_FRAME, "network: "},
        {HEAD FROM "'network':'$F','nonce':'$C','rows':[]", HC_BAD_FRAME, "network: "},
        {HEAD FROM "'network':'0123456789ABCDEF0123456789abcdef','nonce':'$C','rows':[]", HC_BAD_FRAME, "network: "},
        {HEAD FROM "'network':'0123456789abcdef0123456789abcdef','nonce':'$C','rows':[]", HC_WRONG_NETWORK,
         "this node is of "},
        {HEAD NET FROM "'rows':[]", HC_BAD_FRAME, "a request has nonce"},
        {HEAD NET FROM "'nonce':'$C','proof':'$S','rows':[]", HC_BAD_FRAME, "a request has nonce"},
        {HEAD NET FROM "'nonce':'$C==','rows':[]", HC_BAD_FRAME, "nonce: "},
        {HEAD NET FROM "'nonce':'AAAAAAAAAAAAAAAAAAAAAB','rows':[]", HC_BAD_FRAME, "nonce: "},
        {HEAD NET FROM "'nonce':'AAAAAAAAAAAAAAAAAAAA+A','rows':[]", HC_BAD_FRAME, "nonce: "},
        {HEAD NET FROM "'nonce':'$S','rows':[]", HC_BAD_FRAME, "nonce: "},
        {HEAD NET FROM "'nonce':null,'rows':[]", HC_BAD_FRAME, "nonce: "},
        {HEAD NET FROM "'proof':'$C','rows':[]", HC_BAD_FRAME, "proof: "},
        {HEAD NET FROM "'proof':'$S=','rows':[]", HC_BAD_FRAME, "proof: "},
        {HEAD NET FROM "'nonce':'$C'", HC_BAD_FRAME, "rows: missing"},
        {HEAD NET FROM "'nonce':'$C','rows':{}", HC_BAD_FRAME, "rows: "},
        {HEAD NET FROM "'nonce':'$C','rows':null", HC_BAD_FRAME, "rows: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':{}", HC_BAD_FRAME, "dropped: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':1", HC_BAD_FRAME, "forks: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[$R]", HC_BAD_FRAME, "forks: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[[]]", HC_BAD_FRAME, "forks: two to four"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[[$R]]", HC_BAD_FRAME, "forks: two to four"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[[$R,$R,$R,$R,$R]]", HC_BAD_FRAME, "forks: two to four"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[[$R,$R],[$R,$R,$R]]", HC_BAD_FRAME, "forks: at most four"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[[$R,$R]]", HC_OK, ""},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R]", HC_OK, ""},
        {HEAD NET FROM "'proof':'$S','rows':[],'reached':true", HC_OK, ""},
        {HEAD NET FROM "'proof':'$S','rows':[],'reached':1", HC_BAD_FRAME, "reached: true or false"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R],'ages':[604800]", HC_OK, ""},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R],'ages':[]", HC_BAD_FRAME, "ages: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R],'ages':[1,2]", HC_BAD_FRAME, "ages: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'ages':[1]", HC_BAD_FRAME, "ages: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R],'ages':['1']", HC_BAD_FRAME, "ages: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R],'ages':[-1]", HC_BAD_FRAME, "ages: "},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[$R],'ages':3", HC_BAD_FRAME, "ages: "},
        {HEAD NET FROM "'nonce':'$C','rows':[$R,$R,7]", HC_BAD_ROW, "rows[2]: an object"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'dropped':[{}]", HC_BAD_ROW, "dropped[0]: id: missing"},
        {HEAD NET FROM "'nonce':'$C','rows':[],'forks':[[$R,1]]", HC_BAD_ROW, "forks[1]: an object"},
        {"'howcoin':1,'type':'error','code':'busy','message':'later'", HC_OK, ""},
        {"'howcoin':1,'type':'error','code':'of a later version'", HC_OK, ""},
        {"'howcoin':1,'type':'error','code':'busy'," FROM "'proof':'$S'", HC_OK, ""},
        {"'howcoin':1,'type':'error','code':'busy'," FROM "'x':0", HC_BAD_FRAME, "proof: "},
        {"'howcoin':1,'type':'error','code':'busy','proof':'$S'", HC_BAD_FRAME, "from: "},
        {"'howcoin':1,'type':'error','code':'busy','from':'$S','proof':'$S'", HC_BAD_FRAME, "from: "},
        {"'howcoin':1,'type':'error','code':'busy'," FROM "'proof':'$C'", HC_BAD_FRAME, "proof: "},
        {"'howcoin':1,'type':'error'", HC_BAD_FRAME, "code: "},
        {"'howcoin':1,'type':'error','code':7", HC_BAD_FRAME, "code: "},
    };
    char pattern[2048], line[8192];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(pattern, sizeof pattern, "{%s}", cases[i].pattern);
        check(line, line_of(line, sizeof line, pattern), &cases[i]);
    }
}

/* R5, R6, W4: every key of a row has its type and limits. */
static void rows_are_strict(void **unused)
{
    (void)unused;
#define ID "'id':'$F',"
#define ADDR "'addr':'h:1',"
#define NAME "'name':'',"
#define DRAW "'draw':1,"
#define COINS "'coins':5,"
#define VERSION "'version':1,"
#define SIG "'sig':'$S'"
    static const struct refusal cases[] = {
        {ID ADDR NAME DRAW COINS VERSION SIG, HC_OK, ""},
        {SIG "," VERSION COINS DRAW NAME ADDR "'x':[{}],'id':'$F'", HC_OK, ""},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{},'left':false", HC_OK, ""},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$P':1},'left':true", HC_OK, ""},
        {ID ADDR NAME "'draw':1e2,'coins':5.0,'version':100e-2," SIG, HC_OK, ""},
        {ID ADDR NAME "'draw':9007199254740991,'coins':1000000000000,'version':9007199254740991," SIG, HC_OK, ""},
        {ID ADDR NAME "'draw':0,'coins':0,'version':0," SIG, HC_OK, ""},
        {ID ADDR "'name':'\\u00fc \\'\\\\'," DRAW COINS VERSION SIG, HC_OK, ""},
        {ADDR NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "id: missing"},
        {ID NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "addr: missing"},
        {ID ADDR DRAW COINS VERSION SIG, HC_BAD_ROW, "name: missing"},
        {ID ADDR NAME COINS VERSION SIG, HC_BAD_ROW, "draw: missing"},
        {ID ADDR NAME DRAW VERSION SIG, HC_BAD_ROW, "coins: missing"},
        {ID ADDR NAME DRAW COINS SIG, HC_BAD_ROW, "version: missing"},
        {ID ADDR NAME DRAW COINS "'version':1", HC_BAD_ROW, "sig: missing"},
        {ID ID ADDR NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "id: given twice"},
        {ID ADDR NAME DRAW COINS COINS VERSION SIG, HC_BAD_ROW, "coins: given twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'left':true,'left':true", HC_BAD_ROW, "left: given twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{},'sent':{}", HC_BAD_ROW, "sent: given twice"},
        {"'id':7," ADDR NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "id: "},
        {"'id':'$N'," ADDR NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "id: "},
        {"'id':'ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789'," ADDR NAME DRAW COINS VERSION SIG,
         HC_BAD_ROW, "id: "},
        {ID "'addr':1," NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "addr: "},
        {ID "'addr':'H:1'," NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "addr: "},
        {ID "'addr':'h:01'," NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "addr: "},
        {ID "'addr':'8000'," NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "addr: "},
        {ID "'addr':''," NAME DRAW COINS VERSION SIG, HC_BAD_ROW, "addr: "},
        {ID ADDR "'name':null," DRAW COINS VERSION SIG, HC_BAD_ROW, "name: "},
        {ID ADDR "'name':'\\u001b[2J'," DRAW COINS VERSION SIG, HC_BAD_ROW, "name: "},
        {ID ADDR "'name':'\\u202e'," DRAW COINS VERSION SIG, HC_BAD_ROW, "name: "},
        {ID ADDR "'name':'123456789012345678901234567890123'," DRAW COINS VERSION SIG, HC_BAD_ROW, "name: "},
        {ID ADDR NAME "'draw':'1'," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':1.5," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':-1," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':-0," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':15e-1," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':9007199254740992," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':9007199254740993," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':1e999," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME "'draw':true," COINS VERSION SIG, HC_BAD_ROW, "draw: "},
        {ID ADDR NAME DRAW "'coins':null," VERSION SIG, HC_BAD_ROW, "coins: "},
        {ID ADDR NAME DRAW "'coins':1000000000001," VERSION SIG, HC_BAD_ROW, "version, draw or coins: "},
        {ID ADDR NAME DRAW COINS "'version':[]," SIG, HC_BAD_ROW, "version: "},
        {ID ADDR NAME DRAW COINS VERSION "'sig':'$C'", HC_BAD_ROW, "sig: "},
        {ID ADDR NAME DRAW COINS VERSION "'sig':'$S=='", HC_BAD_ROW, "sig: "},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'left':0", HC_BAD_ROW, "left: "},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'left':null", HC_BAD_ROW, "left: "},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':[]", HC_BAD_ROW, "sent: "},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$P':0}", HC_BAD_ROW, "sent: an amount from 1"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$P':1.5}", HC_BAD_ROW, "sent: "},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$P':'1'}", HC_BAD_ROW, "sent: "},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$N':1}", HC_BAD_ROW, "sent: an id"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'bob':1}", HC_BAD_ROW, "sent: an id"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$P':1,'$P':1}", HC_BAD_ROW, "sent: a payee twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{'$F':1}", HC_BAD_ROW, "sent: a node cannot pay itself"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{},'more':{}", HC_OK, ""},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'zone':'','role':'a \\'db\\''}", HC_OK, ""},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'12345678901234567890123456789012':'x'}", HC_OK, ""},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'123456789012345678901234567890123':'x'}", HC_BAD_ROW,
         "tags: keys of 1 to 32 bytes"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'':'x'}", HC_BAD_ROW, "tags: keys of 1 to 32 bytes"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':[]", HC_BAD_ROW, "tags: an object"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':null", HC_BAD_ROW, "tags: an object"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'a':1}", HC_BAD_ROW, "tags: strings"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'a':'x','b':'y','\\u0061':'z'}", HC_BAD_ROW,
         "tags: a key twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'a':'\\u001b[2J'}", HC_BAD_ROW, "tags: printable"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{'\\u202e':'x'}", HC_BAD_ROW, "tags: printable"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'tags':{},'tags':{}", HC_BAD_ROW, "tags: given twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':[0,true,null,'',{'':[[]]}],'b':9007199254740991}",
         HC_BAD_ROW, "more: nested too deeply"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':[0,true,null,'',{'':[]}],'b':9007199254740991}", HC_OK, ""},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':[]", HC_BAD_ROW, "more: an object"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':'x'", HC_BAD_ROW, "more: an object"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':1,'b':2,'\\u0061':3}", HC_BAD_ROW, "more: a key twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':[{'b':1,'b':1}]}", HC_BAD_ROW, "more: a key twice"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':-1}", HC_BAD_ROW, "more: a number"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':-0}", HC_BAD_ROW, "more: a number"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':[0.5]}", HC_BAD_ROW, "more: a number"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{'a':9007199254740992}", HC_BAD_ROW, "more: a number"},
        {ID ADDR NAME DRAW COINS VERSION SIG ",'more':{},'more':{}", HC_BAD_ROW, "more: given twice"},
    };
    char pattern[2048], line[8192];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_row *row;
        struct hc_fault fault = {0};
        (void)snprintf(pattern, sizeof pattern, "{%s}", cases[i].pattern);
        size_t bytes = line_of(line, sizeof line, pattern);
        enum hc_code code = hc_wire_decode_row(&row, line, bytes, network->id, &fault);
        if (code != cases[i].code || strncmp(fault.text, cases[i].said, strlen(cases[i].said)) != 0) {
            fail_msg("%s: %s: %s", line, hc_code_name(code), fault.text);
        }
        assert_true(!row == (code != HC_OK));
        hc_row_unref(row);
        /* The same row in a message: the text says where it is. */
        struct refusal inside = cases[i];
        char said[200];
        (void)snprintf(said, sizeof said, "rows[0]: %s", cases[i].said);
        inside.said = said;
        (void)snprintf(pattern, sizeof pattern, "{" HEAD NET FROM "'nonce':'$C','rows':[{%s}]}", cases[i].pattern);
        check(line, line_of(line, sizeof line, pattern), &inside);
    }
}

/* R1: 512 payees are taken, one more is not. */
static void payees_have_a_greatest_number(void **unused)
{
    (void)unused;
    static char line[HC_PAYEES_MAX * 100 + 2000];
    for (unsigned payees = HC_PAYEES_MAX; payees <= HC_PAYEES_MAX + 1; payees++) {
        struct hc_row *row;
        struct hc_fault fault = {0};
        size_t used = line_of(line, sizeof line, "{" ID ADDR NAME DRAW COINS VERSION SIG ",'sent':{");
        for (unsigned i = 0; i < payees; i++) { /* descending: the order on the wire does not matter */
            used += (size_t)snprintf(line + used, sizeof line - used, "%s\"%064x\":1", i ? "," : "", payees - i);
        }
        used += (size_t)snprintf(line + used, sizeof line - used, "}}");
        assert_int_equal(hc_wire_decode_row(&row, line, used, network->id, &fault),
                         payees > HC_PAYEES_MAX ? HC_BAD_ROW : HC_OK);
        if (row) {
            assert_int_equal(row->fields.sent_count, HC_PAYEES_MAX);
            assert_int_equal(row->fields.sent[0].payee[HC_ID_BYTES - 1], 1);
        } else {
            assert_string_equal(fault.text, "sent: more than 512 payees");
        }
        hc_row_unref(row);
    }
}

/* W4: a frame of more than 8 MiB is too large; one with too many values is refused before it is parsed. */
static void frames_have_a_greatest_size(void **unused)
{
    (void)unused;
    size_t room = HC_FRAME_BYTES_MAX + 2;
    char *line = malloc(room);
    struct hc_fault fault;
    struct hc_message message;
    assert_non_null(line);
    memset(line, ' ', room);
    memcpy(line, "{}", 2);
    assert_int_equal(hc_wire_decode(&message, line, HC_FRAME_BYTES_MAX, network->id, &fault), HC_BAD_FRAME);
    assert_string_equal(fault.text, "type: missing");
    assert_int_equal(hc_wire_decode(&message, line, HC_FRAME_BYTES_MAX + 1, network->id, &fault), HC_TOO_LARGE);
    memcpy(line, "{\"a\":[", 6);
    for (size_t i = 0; i < FRAME_VALUES_MAX; i++) {
        memcpy(line + 6 + 2 * i, "1,", 2);
    }
    memory_fail_after(0); /* nothing is allocated for it */
    enum hc_code code = hc_wire_decode(&message, line, 7 + 2 * (size_t)FRAME_VALUES_MAX, network->id, &fault);
    memory_fail_after(-1);
    assert_int_equal(code, HC_BAD_FRAME);
    assert_int_equal(strncmp(fault.text, "too many values", 15), 0);
    free(line);
}

static size_t parser_bytes, parser_bytes_most;

static void *parser_allocate(size_t bytes)
{
    void *block = malloc(bytes);
    parser_bytes += malloc_usable_size(block) + sizeof(size_t); /* what malloc itself needs */
    parser_bytes_most = parser_bytes > parser_bytes_most ? parser_bytes : parser_bytes_most;
    return block;
}

static void parser_free(void *block)
{
    parser_bytes -= block ? malloc_usable_size(block) + sizeof(size_t) : 0;
    free(block);
}

/* The peak memory of the parser for a frame of `before`, `times` copies of `again`, and `after`. */
static size_t parser_cost(char *line, const char *before, const char *again, size_t times, const char *after)
{
    cJSON_Hooks hooks = {.malloc_fn = parser_allocate, .free_fn = parser_free};
    struct hc_message message;
    struct hc_fault fault;
    size_t bytes = strlen(before), step = strlen(again), room = HC_FRAME_BYTES_MAX - bytes - strlen(after);
    memcpy(line, before, bytes);
    for (; times > 0 && room >= step; times--, bytes += step, room -= step) {
        memcpy(line + bytes, again, step);
    }
    memcpy(line + bytes, after, strlen(after));
    parser_bytes = parser_bytes_most = 0;
    cJSON_InitHooks(&hooks);
    enum hc_code code = hc_wire_decode(&message, line, bytes + strlen(after), network->id, &fault);
    cJSON_InitHooks(NULL);
    assert_true(code == HC_BAD_FRAME && parser_bytes == 0);
    return parser_bytes_most;
}

/* W4: parsing a frame, whatever is in it, needs at most FRAME_PARSED_BYTES_MAX. */
static void a_frame_costs_bounded_memory(void **unused)
{
    (void)unused;
    static const struct {
        const char *before, *again, *after;
        size_t values; /* in `again` */
    } frames[] = {
        {"{\"a\":[", "[[[[[[]]]]]],", "1]}", 6},
        {"{\"a\":[", "[],", "1]}", 1},
        {"{\"a\":[", "1,", "1]}", 1},
        {"{\"a\":[", "\"\",", "1]}", 1},
        {"{\"a\":[", "true,", "1]}", 1},
        {"{\"a\":{", "\"\":\"\",", "\"\":1}}", 1},
        {"{\"a\":{", "\"aaaaaaaaaaaaaaa\":\"aaaaaaaaaaaaaaaa\",", "\"\":1}}", 1},
        {"{\"a\":{", "\"\":{\"\":{\"\":{\"\":{\"\":{\"\":\"\"}}}}},", "\"\":1}}", 6},
        {"{\"a\":{", "\":\":{},", "\"\":1}}", 1},
    };
    char *line = malloc(HC_FRAME_BYTES_MAX);
    assert_non_null(line);
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        size_t fit = FRAME_VALUES_MAX / frames[i].values, times[] = {fit - 2, fit, SIZE_MAX};
        for (size_t t = 0; t < COUNT_OF(times); t++) {
            size_t cost = parser_cost(line, frames[i].before, frames[i].again, times[t], frames[i].after);
            if (cost > FRAME_PARSED_BYTES_MAX) {
                fail_msg("'%s' costs %zu bytes", frames[i].again, cost);
            }
        }
    }
    free(line);
}

/* A message with as many owners as possible, and forks until the frame is full, is accepted. */
static void a_full_frame_is_taken(void **unused)
{
    (void)unused;
    static const struct hc_sent sent = {.amount = 1};
    struct hc_row_fields fields = {.addr = "h:1", .name = "", .draw = 1, .version = 1};
    struct hc_message message = {.type = HC_MESSAGE_REQUEST}, again;
    struct hc_fault fault;
    char *line;
    size_t bytes = 0, owners = 0;
    MUST(state_new(&message.state));
    memcpy(message.network, network->id, HC_NETWORK_BYTES);
    while (owners < HC_ROWS_MAX || bytes < HC_FRAME_BYTES_MAX - 65536 || message.state->fork_count % 2 != 0) {
        bool fork = owners >= HC_ROWS_MAX;
        struct hc_row *row;
        fields.id[0] = (uint8_t)(owners >> 8);
        fields.id[1] = (uint8_t)owners;
        fields.sent = &sent;
        fields.sent_count = owners > 0; /* owner 0 is the payee */
        fields.left = !fork;
        fields.version = 1 + message.state->fork_count % 2;
        MUST(row_new(&row, &fields, network->id, (uint8_t[HC_SIGNATURE_BYTES]){0}));
        MUST(fork ? state_add_fork(message.state, row) : state_add_gone(message.state, row, 0));
        bytes += row->text_bytes + 4;
        hc_row_unref(row);
        owners += !fork || message.state->fork_count % 2 == 0;
    }
    state_seal(message.state);
    MUST(hc_wire_encode(&line, &bytes, &message));
    assert_true(bytes > HC_FRAME_BYTES_MAX - 131072 && bytes <= HC_FRAME_BYTES_MAX);
    if (hc_wire_decode(&again, line, bytes - 1, network->id, &fault) != HC_OK) {
        fail_msg("%s", fault.text);
    }
    memory_free(line);
    hc_message_clear(&again);
    hc_message_clear(&message);
}

/* Two messages are equal. */
static void assert_messages_equal(const struct hc_message *a, const struct hc_message *b)
{
    assert_int_equal(a->type, b->type);
    assert_memory_equal(a->network, b->network, HC_NETWORK_BYTES);
    assert_memory_equal(a->from, b->from, HC_ID_BYTES);
    assert_memory_equal(a->nonce, b->nonce, HC_NONCE_BYTES);
    assert_memory_equal(a->proof, b->proof, HC_SIGNATURE_BYTES);
    assert_int_equal(a->reached, b->reached);
    assert_int_equal(a->state->live_count, b->state->live_count);
    assert_int_equal(a->state->gone_count, b->state->gone_count);
    assert_int_equal(a->state->fork_count, b->state->fork_count);
    for (size_t i = 0; i < a->state->live_count; i++) {
        assert_string_equal(a->state->live[i]->text, b->state->live[i]->text);
        assert_memory_equal(a->state->live[i]->hash, b->state->live[i]->hash, HC_HASH_BYTES);
    }
    for (size_t i = 0; i < a->state->gone_count; i++) {
        assert_string_equal(a->state->gone[i].row->text, b->state->gone[i].row->text);
        assert_int_equal(a->state->gone[i].age_s, b->state->gone[i].age_s);
    }
    for (size_t i = 0; i < a->state->fork_count; i++) {
        assert_string_equal(a->state->forks[i]->text, b->state->forks[i]->text);
    }
    uint8_t of_a[HC_DIGEST_BYTES], of_b[HC_DIGEST_BYTES];
    state_digest(of_a, a->state);
    state_digest(of_b, b->state);
    assert_memory_equal(of_a, of_b, HC_DIGEST_BYTES);
    assert_int_equal(hc_wire_size(a), hc_wire_size(b));
}

/* W1, W2: what is written is read as the same, and written as the same bytes again: one line with its end. */
static void nothing_is_lost_on_the_way(void **unused)
{
    (void)unused;
    const char *text = "A1:10, B7:100 A5 C5 D5 E5, C2:0 left, D3:5, F2:10 G5, F3:10 H5, K2:10 L1, K2:20 M1, K2:50 N1";
    struct hc_row *rows[16];
    size_t count = rows_from(network, rows, COUNT_OF(rows), &text);
    struct hc_row *named;
    struct hc_row_fields fields = rows[0]->fields;
    fields.name = "\"a\\b\" \xc3\xa9/";
    fields.addr = "[2001:db8::1]:65535";
    MUST(row_sign(&named, &fields, network, test_identity(0)));
    for (int type = HC_MESSAGE_REQUEST; type <= HC_MESSAGE_REPLY; type++) {
        struct hc_message message = {.type = (enum hc_message_type)type}, again;
        char *line, *line_again;
        size_t bytes, bytes_again;
        struct hc_fault fault;
        memcpy(message.network, network->id, HC_NETWORK_BYTES);
        memcpy(message.from, test_identity(3)->id, HC_ID_BYTES);
        message.reached = type == HC_MESSAGE_REPLY ? HC_REACH_NO : HC_REACH_UNKNOWN;
        memset(type == HC_MESSAGE_REQUEST ? message.nonce : message.proof, 0xfb, HC_NONCE_BYTES);
        MUST(state_new(&message.state));
        MUST(state_add_live(message.state, rows[1]));
        MUST(state_add_live(message.state, named));
        MUST(state_add_live(message.state, rows[5]));
        MUST(state_add_gone(message.state, rows[3], 0));
        MUST(state_add_gone(message.state, rows[2], FORGET_MS / 1000));
        for (size_t i = 4; i < count; i++) {
            MUST(state_add_fork(message.state, rows[i]));
        }
        state_seal(message.state);
        MUST(hc_wire_encode(&line, &bytes, &message));
        assert_int_equal(bytes, hc_wire_size(&message));
        assert_int_equal(bytes, strlen(line));
        assert_ptr_equal(memchr(line, '\n', bytes), line + bytes - 1);
        MUST(hc_wire_decode(&again, line, bytes - 1, network->id, &fault));
        assert_messages_equal(&message, &again);
        for (size_t i = 0; i < again.state->live_count; i++) {
            MUST(row_verify(again.state->live[i], network));
        }
        MUST(hc_wire_encode(&line_again, &bytes_again, &again));
        assert_string_equal(line, line_again);
        /* However little memory there is: the same message or an error. */
        long after = 0;
        enum hc_code code;
        do {
            struct hc_message starved;
            memory_fail_after(after++);
            code = hc_wire_decode(&starved, line, bytes - 1, network->id, NULL);
            memory_fail_after(-1);
            assert_true(code == HC_OK || !starved.state);
            hc_message_clear(&starved);
        } while (code != HC_OK);
        assert_true(after > 20);
        memory_free(line);
        memory_free(line_again);
        hc_message_clear(&message);
        hc_message_clear(&again);
    }
    hc_row_unref(named);
    rows_unref(rows, count);
}

/* W2: sent, left, dropped and forks are absent when there is nothing in them. */
static void nothing_is_written_for_nothing(void **unused)
{
    (void)unused;
    struct hc_message message = {.type = HC_MESSAGE_REQUEST};
    char *line, expected[1024];
    size_t bytes;
    memcpy(message.network, network->id, HC_NETWORK_BYTES);
    memcpy(message.from, test_identity(0)->id, HC_ID_BYTES);
    message.state = state_of(NULL, 0);
    MUST(hc_wire_encode(&line, &bytes, &message));
    (void)line_of(expected, sizeof expected,
                  "{'howcoin':1,'type':'gossip','network':'$N','from':'$F','nonce':'$C','rows':[]}\n");
    assert_string_equal(line, expected);
    memory_free(line);
    hc_message_clear(&message);
}

/* An age above seven days counts as seven days: by then all nodes have forgotten the owner (P10). */
static void ages_end_at_seven_days(void **unused)
{
    (void)unused;
    struct hc_message message;
    struct hc_fault fault;
    char line[4096];
    size_t bytes = line_of(line, sizeof line,
                           "{" HEAD NET FROM "'nonce':'$C','rows':[],'ages':[9007199254740991],'dropped':[$R]}");
    MUST(hc_wire_decode(&message, line, bytes, network->id, &fault));
    assert_int_equal(message.state->gone[0].age_s, 7 * 24 * 3600);
    hc_message_clear(&message);
}

/* D3: the rest of a message from another network is not examined. */
static void a_stranger_is_named(void **unused)
{
    (void)unused;
    struct hc_message message;
    struct hc_fault fault;
    char line[4096];
    size_t bytes = line_of(line, sizeof line,
                           "{" HEAD FROM "'network':'0123456789abcdef0123456789abcdef','nonce':'$C','rows':[$R]}");
    assert_int_equal(hc_wire_decode(&message, line, bytes, network->id, &fault), HC_WRONG_NETWORK);
    assert_null(message.state);
    assert_non_null(strstr(fault.text, "01234567"));
}

/* W3: an error is a reply, too. Its text is shown only if it can do no harm; an unknown code is an error all the
 * same. */
static void errors_are_replies(void **unused)
{
    (void)unused;
    static const struct {
        const char *pattern;
        enum hc_code code;
        const char *text;
    } cases[] = {
        {"'code':'busy','message':'come back later'", HC_BUSY, "come back later"},
        {"'code':'busy','message':'\\'a\\\\b\\''", HC_BUSY, "\"a\\b\""},
        {"'code':'busy'", HC_BUSY, "too busy for now"},
        {"'code':'bad_row','message':''", HC_BAD_ROW, "a malformed row"},
        {"'code':'bad_row','message':'\\u001b[2J'", HC_BAD_ROW, "a malformed row"},
        {"'code':'bad_row','message':7", HC_BAD_ROW, "a malformed row"},
        {"'code':'of_tomorrow','message':'x'", HC_CODE_COUNT, "x"},
        {"'code':'busy','from':'$F','proof':'$S'", HC_BUSY, "too busy for now"},
    };
    char pattern[512], line[1024];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_message message, again;
        struct hc_fault fault;
        char *written;
        size_t bytes;
        (void)snprintf(pattern, sizeof pattern, "{'howcoin':1,'type':'error',%s}", cases[i].pattern);
        MUST(hc_wire_decode(&message, line, line_of(line, sizeof line, pattern), network->id, &fault));
        assert_int_equal(message.type, HC_MESSAGE_ERROR);
        assert_int_equal(message.error.code, cases[i].code);
        assert_string_equal(message.error.text, cases[i].text);
        MUST(hc_wire_encode(&written, &bytes, &message));
        MUST(hc_wire_decode(&again, written, bytes - 1, network->id, &fault));
        assert_int_equal(again.error.code, message.error.code);
        assert_string_equal(again.error.text, message.error.text);
        assert_int_equal(message.proved, !!strstr(pattern, "proof"));
        assert_int_equal(again.proved, message.proved);
        assert_memory_equal(again.from, message.from, HC_ID_BYTES);
        assert_memory_equal(again.proof, message.proof, HC_SIGNATURE_BYTES);
        memory_free(written);
    }
    /* What we write quotes what came, and never passes on what could do harm. */
    struct hc_message message = {.type = HC_MESSAGE_ERROR, .error = {.code = HC_BAD_FRAME, .text = "\xe2\x80\xae"}};
    char *written;
    size_t bytes;
    MUST(hc_wire_encode(&written, &bytes, &message));
    assert_string_equal(written,
                        "{\"howcoin\":1,\"type\":\"error\",\"code\":\"bad_frame\",\"message\":\"not a message of this "
                        "protocol\"}\n");
    memory_free(written);
}

/* The head of a request that is too large to read is still read: the asker and its nonce. */
static void a_head_is_read_alone(void **unused)
{
    (void)unused;
    static const struct {
        const char *pattern;
        enum hc_code code;
    } cases[] = {
        {HEAD NET FROM "'nonce':'$C','rows':[{", HC_OK},
        {HEAD NET FROM "'nonce':'$C' , 'rows' : [", HC_OK},
        {HEAD NET "'nonce':'$C','x':{'a':[1]}," FROM "'rows'", HC_OK},
        {HEAD NET FROM "'nonce':'$C','x':'\\'rows\\'','rows':[]}", HC_OK},
        {HEAD NET FROM "'nonce':'$C','x':'\\'rows','rows':[]}", HC_BAD_FRAME},
        {HEAD NET FROM "'nonce':'$C','x':{'rows':1},'rows':[]}", HC_BAD_FRAME},
        {HEAD NET FROM "'rows':[],'nonce':'$C'}", HC_BAD_FRAME},
        {HEAD NET FROM "'nonce':'$C','nonce':'$C','rows':[]}", HC_BAD_FRAME},
        {HEAD NET FROM "'nonce':'$C'", HC_BAD_FRAME},
        {HEAD NET FROM "'nonce':'$C','row", HC_BAD_FRAME},
        {HEAD NET FROM "'nonce':'$C' 'rows':[", HC_BAD_FRAME},
        {HEAD NET FROM "'nonce':'$S','rows':[", HC_BAD_FRAME},
        {HEAD NET FROM "'proof':'$S','rows':[", HC_BAD_FRAME},
        {HEAD FROM "'network':'0123456789abcdef0123456789abcdef','nonce':'$C','rows':[", HC_WRONG_NETWORK},
        {"'howcoin':2,'type':'gossip'," NET FROM "'nonce':'$C','rows':[", HC_WRONG_VERSION},
        {"'howcoin':1,'type':'error'," NET FROM "'nonce':'$C','code':'busy','rows':[", HC_BAD_FRAME},
        {"'rows':[", HC_BAD_FRAME},
    };
    char pattern[1024], line[2048], padded[2048];
    struct hc_message head;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(pattern, sizeof pattern, "{%s", cases[i].pattern);
        enum hc_code code = hc_wire_decode_head(&head, line, line_of(line, sizeof line, pattern), network->id);
        if (code != cases[i].code) {
            fail_msg("%s: %s", line, hc_code_name(code));
        }
        assert_null(head.state);
        if (code == HC_OK) {
            assert_int_equal(head.type, HC_MESSAGE_REQUEST);
            assert_memory_equal(head.from, test_identity(0)->id, HC_ID_BYTES);
        }
    }
    assert_int_equal(hc_wire_decode_head(&head, "", 0, network->id), HC_BAD_FRAME);
    /* The search ends there. */
    size_t bytes = line_of(line, sizeof line, "{" HEAD NET FROM "'nonce':'$C','x':'");
    for (size_t fill = HC_FRAME_HEAD_BYTES_MAX - bytes - 8; fill <= HC_FRAME_HEAD_BYTES_MAX - bytes - 7; fill++) {
        memcpy(padded, line, bytes);
        memset(padded + bytes, 'x', fill);
        memcpy(padded + bytes + fill, "\",\"rows\":[", sizeof "\",\"rows\":[");
        enum hc_code code = hc_wire_decode_head(&head, padded, strlen(padded), network->id);
        assert_int_equal(code == HC_OK, bytes + fill + 8 <= HC_FRAME_HEAD_BYTES_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_strict),
        cmocka_unit_test(messages_are_strict),
        cmocka_unit_test(rows_are_strict),
        cmocka_unit_test(payees_have_a_greatest_number),
        cmocka_unit_test(frames_have_a_greatest_size),
        cmocka_unit_test(a_frame_costs_bounded_memory),
        cmocka_unit_test(a_full_frame_is_taken),
        cmocka_unit_test(nothing_is_lost_on_the_way),
        cmocka_unit_test(nothing_is_written_for_nothing),
        cmocka_unit_test(ages_end_at_seven_days),
        cmocka_unit_test(a_stranger_is_named),
        cmocka_unit_test(errors_are_replies),
        cmocka_unit_test(a_head_is_read_alone),
    };
    return cmocka_run_group_tests(tests, lines_setup, network_teardown);
}
