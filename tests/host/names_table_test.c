/**
 * The name server's table against an array, and its checks of names and properties against a plain reading of
 * the rules: random names, random bytes, and nothing is left.
 *
 * Sources: services/names/table.c services/names/check.c lib/collections/rb_tree.c
 * Includes: lib
 */
#include <check.h>
#include <services/names/table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS      30
#define OPERATIONS 2000
#define KEYS       150
#define HOLDERS    5

/* The table. */

static struct {
    struct entry *entry; ///< NULL: it is not in.
    unsigned holder;
    char properties[64];
} model[KEYS];

static struct holder holders[HOLDERS];

/// In the order of their numbers; some are the beginning of others.
static const char *name_of(unsigned key)
{
    static char name[NAME_ROOM];
    snprintf(name, sizeof(name), "%c%c/%.*s", 'a' + key / 25, 'a' + key / 5 % 5, (int)(key % 5) * 3,
             "zzzzzzzzzzzz");
    return name;
}

static void add(unsigned key)
{
    const unsigned holder = (unsigned)random() % HOLDERS;
    snprintf(model[key].properties, sizeof(model[key].properties), "key=%u", (unsigned)random() % 3);
    model[key].holder = holder;
    model[key].entry =
        table_add(&holders[holder], name_of(key), model[key].properties, (coreid_t)(key % 4), holder, key);
    assert_non_null(model[key].entry);
    assert_int_equal(model[key].entry->instance, key);
}

static void take_out(unsigned key)
{
    table_remove(model[key].entry);
    model[key].entry = NULL;
}

/// A holder goes with all it has.
static void drop(unsigned holder)
{
    struct entry *entry;
    while ((entry = table_of(&holders[holder]))) {
        unsigned key = 0;
        while (model[key].entry != entry) {
            key++;
            assert_true(key < KEYS);
        }
        assert_int_equal(model[key].holder, holder);
        take_out(key);
    }
    for (unsigned key = 0; key < KEYS; key++) {
        assert_true(!model[key].entry || model[key].holder != holder);
    }
    assert_int_equal(holders[holder].count, 0);
}

static unsigned next_key(unsigned key)
{
    while (key < KEYS && !model[key].entry) {
        key++;
    }
    return key;
}

static struct entry *entry_of(unsigned key)
{
    return key < KEYS ? model[key].entry : NULL;
}

static void check_table(void)
{
    size_t count = 0, held = 0;
    struct entry *at = table_from("", false);
    for (unsigned key = 0; key < KEYS; key++) {
        const struct entry *entry = model[key].entry;
        assert_ptr_equal(table_find(name_of(key)), entry);
        assert_ptr_equal(table_from(name_of(key), false), entry_of(next_key(key)));
        assert_ptr_equal(table_from(name_of(key), true), entry_of(next_key(key + 1)));
        if (entry) {
            count++;
            assert_ptr_equal(at, entry);
            assert_string_equal(entry->name, name_of(key));
            assert_string_equal(entry->properties, model[key].properties);
            assert_ptr_equal(entry->holder, &holders[model[key].holder]);
            at = table_next(at);
        }
    }
    assert_null(at);
    for (unsigned holder = 0; holder < HOLDERS; holder++) {
        held += holders[holder].count;
    }
    assert_int_equal(table_count(), count);
    assert_int_equal(held, count);
}

static void test_random_operations(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        for (unsigned i = 0; i < OPERATIONS; i++) {
            const unsigned key = (unsigned)random() % KEYS;
            if (!model[key].entry) {
                add(key);
            } else if (random() % 2) {
                take_out(key);
            } else if (random() % 40 == 0) {
                drop((unsigned)random() % HOLDERS);
            }
            if (i % 16 == 0) {
                check_table();
            }
        }
        for (unsigned holder = 0; holder < HOLDERS; holder++) {
            drop(holder);
        }
        check_table();
    }
}

/* Names and properties. */

/// Random properties, good ones but for a key that may come twice.
static void random_list(char *text, size_t room)
{
    static const char *const keys[] = {"a", "b", "core", "pid", "_0"}, *const values[] = {"", "1", "=",
                                                                                          "1234567890"};
    text[0] = 0;
    for (long i = random() % 3; i > 0 && strlen(text) + 20 < room; i--) {
        strcat(text, text[0] ? "," : "");
        strcat(strcat(text, keys[random() % 5]), "=");
        strcat(text, values[random() % 4]);
    }
}

/// Random text of what stands in properties, and sometimes of any bytes. \param room with the 0
static void random_text(char *text, size_t room)
{
    static const char usual[] = "ab_0=,=,core=pid=1 AB~\x7f";
    const size_t length = (size_t)random() % room;
    const bool any = random() % 4 == 0;
    for (size_t i = 0; i < length; i++) {
        text[i] = any ? (char)(1 + random() % 255) : usual[(size_t)random() % (sizeof(usual) - 1)];
    }
    text[length] = 0;
}

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text <= ' ' || (unsigned char)*text > '~') {
            return false;
        }
    }
    return true;
}

#define PROPERTIES_MAX 300

/// Properties as a list, by the rules of interfaces/names.rpc.
struct list {
    unsigned count;
    char *key[PROPERTIES_MAX], *value[PROPERTIES_MAX];
};

/// \return false if they are not good \param text is cut into pieces
static bool split(char *text, bool own_keys, struct list *list)
{
    list->count = 0;
    if (strlen(text) >= PROPERTY_ROOM || !is_plain(text)) {
        return false;
    }
    while (text && (*text || list->count)) {
        char *comma = strchr(text, ','), *equals = strchr(text, '=');
        if (!equals || equals == text || (comma && equals > comma)) {
            return false;
        }
        if (comma) {
            *comma = 0;
        }
        *equals = 0;
        list->key[list->count] = text;
        list->value[list->count++] = equals + 1;
        if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(text)
            || (!own_keys && (strcmp(text, "core") == 0 || strcmp(text, "pid") == 0))) {
            return false;
        }
        for (unsigned i = 0; i + 1 < list->count; i++) {
            if (strcmp(list->key[i], text) == 0) {
                return false;
            }
        }
        text = comma ? comma + 1 : NULL;
    }
    return true;
}

static bool matches(const struct list *properties, coreid_t core, domainid_t pid, const struct list *filter)
{
    for (unsigned i = 0; i < filter->count; i++) {
        char number[16] = "";
        bool found = false;
        if (strcmp(filter->key[i], "core") == 0 || strcmp(filter->key[i], "pid") == 0) {
            snprintf(number, sizeof(number), "%u", filter->key[i][0] == 'c' ? (unsigned)core : (unsigned)pid);
            found = strcmp(number, filter->value[i]) == 0;
        }
        for (unsigned k = 0; k < properties->count && !number[0]; k++) {
            found |= strcmp(properties->key[k], filter->key[i]) == 0
                     && strcmp(properties->value[k], filter->value[i]) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static void test_properties(void **state)
{
    (void)state;
    static struct list properties, filter;
    unsigned good = 0, matching = 0;
    srandom(1);
    for (unsigned i = 0; i < 300000; i++) {
        char text[2][PROPERTY_ROOM + 40], cut[2][PROPERTY_ROOM + 40];
        const size_t room = i % 50 == 0 ? sizeof(text[0]) : 12;
        void (*const make)(char *, size_t) = i % 2 ? random_text : random_list;
        make(text[0], i % 2 ? room : sizeof(text[0]));
        make(text[1], i % 2 ? room : sizeof(text[1]));
        memcpy(cut, text, sizeof(cut));
        const bool is_good = split(cut[0], false, &properties);
        const bool is_filter = split(cut[1], true, &filter);
        assert_int_equal(properties_are_good(text[0]), is_good);
        assert_int_equal(filter_is_good(text[1]), is_filter);
        if (is_good && is_filter) {
            const bool match = matches(&properties, 1, 1234567890, &filter);
            assert_int_equal(properties_match(text[0], 1, 1234567890, text[1]), match);
            good++;
            matching += match && properties.count && filter.count;
        }
    }
    assert_true(good > 1000 && matching > 1000); // it was about something
}

static void test_known_properties(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a=", "a=b", "kind=disk,bus=sd", "a==", "a=b=c", "k_0=~!@#"};
    static const char *const bad[] = {"a",        "=b",      ",",   "a=b,",  ",a=b",
                                      "a=b,,c=d", "a=1,a=2", "A=b", "a=b c", "core=0"};
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(properties_are_good(good[i]));
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(properties_are_good(bad[i]));
    }
    assert_true(filter_is_good("core=0,pid=17"));
    assert_true(properties_match("a=b,c=d", 3, 17, "core=3,c=d,pid=17"));
    assert_false(properties_match("a=b,c=d", 3, 17, "core=3,c=e"));
    assert_false(properties_match("a=b", 3, 17, "core=03"));
    assert_false(properties_match("a=bc", 3, 17, "a=b"));
    assert_true(properties_match("", 0, 0, "core=0,pid=0"));
}

static void test_names(void **state)
{
    (void)state;
    char name[NAME_ROOM + 20];
    srandom(2);
    for (unsigned i = 0; i < 100000; i++) {
        random_text(name, sizeof(name));
        const bool good = strlen(name) < NAME_ROOM && is_plain(name);
        assert_int_equal(prefix_is_good(name), good);
        assert_int_equal(name_is_good(name), good && name[0]);
    }
    assert_true(name_is_reserved("system/mem/0"));
    assert_false(name_is_reserved("system"));
    assert_true(name_has_prefix("abc", "") && name_has_prefix("abc", "abc") && !name_has_prefix("ab", "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_known_properties),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
