#include "selection.h"

#include "table.h"

#include <interfaces/names.h>
#include <stdlib.h>
#include <string.h>

/// Bytes of a record as interfaces/names.rpc says.
static size_t record_bytes(const struct entry *entry)
{
    return 2 * sizeof(uint32_t) + strlen(entry->name) + 1 + strlen(entry->service) + 1
           + strlen(entry->properties) + 1;
}

static char *put_record(char *at, const struct entry *entry)
{
    const uint32_t numbers[] = {entry->core, entry->pid};
    memcpy(at, numbers, sizeof(numbers));
    at = stpcpy(at + sizeof(numbers), entry->name) + 1;
    at = stpcpy(at, entry->service) + 1;
    return stpcpy(at, entry->properties) + 1;
}

static bool belongs(const struct entry *entry, const char *filter)
{
    return properties_match(entry->properties, entry->core, entry->pid, filter);
}

/// The entries that this part looks at.
struct part {
    struct entry *first;
    unsigned steps;
    size_t bytes;     ///< Of the records.
    const char *next; ///< "" if there is nothing behind it.
};

static struct part measure(const char *prefix, const char *filter, const char *after)
{
    const bool is_inside = strcmp(after, prefix) > 0;
    struct part part = {.first = table_from(is_inside ? after : prefix, is_inside), .next = ""};
    const struct entry *last = NULL;
    struct entry *entry = part.first;
    for (; entry && name_has_prefix(entry->name, prefix); entry = table_next(entry)) {
        if (part.steps == NAMES_SELECT_STEPS) {
            part.next = last->name;
            break;
        }
        part.bytes += belongs(entry, filter) ? record_bytes(entry) : 0;
        part.steps++;
        last = entry;
    }
    return part;
}

errval_t selection_make(const char *prefix, const char *filter, const char *after, struct rpc_bytes *entries,
                        struct rpc_bytes *next)
{
    const struct part part = measure(prefix, filter, after);
    char *records = malloc(part.bytes + 1), *text = strdup(part.next), *at = records;
    if (!records || !text) {
        free(records);
        free(text);
        return LIB_ERR_MALLOC_FAIL;
    }
    struct entry *entry = part.first;
    for (unsigned i = 0; i < part.steps; i++, entry = table_next(entry)) {
        if (belongs(entry, filter)) {
            at = put_record(at, entry);
        }
    }
    *entries = (struct rpc_bytes){records, part.bytes, true};
    *next = (struct rpc_bytes){text, strlen(text) + 1, true};
    return SYS_ERR_OK;
}
