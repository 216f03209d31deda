#include "check.h"

#include <string.h>

static bool is_printable(char c)
{
    return c > ' ' && c <= '~';
}

bool prefix_is_good(const char *prefix)
{
    size_t length = 0;
    while (length < NAME_ROOM && is_printable(prefix[length])) {
        length++;
    }
    return length < NAME_ROOM && prefix[length] == 0;
}

bool name_is_good(const char *name)
{
    return name[0] && prefix_is_good(name);
}

bool name_has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

bool name_is_reserved(const char *name)
{
    return name_has_prefix(name, RESERVED_PREFIX);
}

/// `key=value` in a list of them.
struct property {
    const char *key;
    size_t key_length;
    const char *value;
    size_t value_length;
};

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// Takes the next one. \param at set behind it; NULL if it is none. \return false at the end, and if it is
/// none
static bool take(const char **at, struct property *property)
{
    const char *text = *at;
    if (*text == 0) {
        return false;
    }
    *at = NULL;
    property->key = text;
    while (is_key_character(*text)) {
        text++;
    }
    property->key_length = (size_t)(text - property->key);
    if (property->key_length == 0 || *text != '=') {
        return false;
    }
    property->value = ++text;
    while (is_printable(*text) && *text != ',') {
        text++;
    }
    property->value_length = (size_t)(text - property->value);
    if (*text == ',' && text[1]) {
        *at = text + 1;
    } else if (*text == 0) {
        *at = text;
    }
    return *at != NULL;
}

static bool is_key(const struct property *property, const char *key)
{
    return strlen(key) == property->key_length && memcmp(property->key, key, property->key_length) == 0;
}

static bool are_good(const char *properties, bool own_keys)
{
    struct property property, earlier;
    const char *at = properties;
    if (strnlen(properties, PROPERTY_ROOM) == PROPERTY_ROOM) {
        return false;
    }
    while (take(&at, &property)) {
        if (!own_keys && (is_key(&property, "core") || is_key(&property, "pid"))) {
            return false;
        }
        for (const char *from = properties; from != property.key && take(&from, &earlier);) {
            if (earlier.key_length == property.key_length
                && memcmp(earlier.key, property.key, property.key_length) == 0) {
                return false;
            }
        }
    }
    return at != NULL;
}

bool properties_are_good(const char *properties)
{
    return are_good(properties, false);
}

bool filter_is_good(const char *filter)
{
    return are_good(filter, true);
}

/// Is the value this number, in decimal digits without leading zeros?
static bool is_number(const struct property *property, uint32_t number)
{
    char digits[12];
    size_t length = 0;
    do {
        digits[sizeof(digits) - ++length] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return length == property->value_length
           && memcmp(&digits[sizeof(digits) - length], property->value, length) == 0;
}

static bool is_among(const char *properties, const struct property *wanted)
{
    struct property property;
    while (take(&properties, &property)) {
        if (property.key_length == wanted->key_length && property.value_length == wanted->value_length
            && memcmp(property.key, wanted->key, wanted->key_length) == 0
            && memcmp(property.value, wanted->value, wanted->value_length) == 0) {
            return true;
        }
    }
    return false;
}

bool properties_match(const char *properties, coreid_t core, domainid_t pid, const char *filter)
{
    struct property wanted;
    while (take(&filter, &wanted)) {
        const bool good = is_key(&wanted, "core")  ? is_number(&wanted, core)
                          : is_key(&wanted, "pid") ? is_number(&wanted, pid)
                                                   : is_among(properties, &wanted);
        if (!good) {
            return false;
        }
    }
    return true;
}
