#include "selection.h"

#include "table.h"

#include <interfaces/names.h>
#include <stdlib.h>
#include <string.h>

/// Bytes of a record as interfaces/names.rpc says.
static size_t record_bytes(const struct entry *entry)
{
    return 3 * sizeof(uint32_t) + strlen(entry->name) + 1 + strlen(entry->properties) + 1;
}

static char *put_record(char *at, const struct entry *entry)
{
    const uint32_t numbers[] = {entry->core, entry->pid, entry->instance};
    memcpy(at, numbers, sizeof(numbers));
    at = stpcpy(at + sizeof(numbers), entry->name) + 1;
    return stpcpy(at, entry->properties) + 1;
}

/// What is found among so many names as one part looks at.
struct part {
    const struct entry *found[NAMES_SELECT_STEPS];
    unsigned count;
    size_t bytes;     ///< Of their records.
    const char *next; ///< "" if there is nothing behind it.
};

static void find(const char *prefix, const char *filter, const char *after, struct part *part)
{
    const bool is_inside = strcmp(after, prefix) > 0;
    const size_t prefix_length = strlen(prefix);
    const struct entry *last = NULL;
    unsigned steps = 0;
    part->count = 0;
    part->bytes = 0;
    part->next = "";
    for (struct entry *entry = table_from(is_inside ? after : prefix, is_inside);
         entry && strncmp(entry->name, prefix, prefix_length) == 0; entry = table_next(entry)) {
        if (steps++ == NAMES_SELECT_STEPS) {
            part->next = last->name;
            break;
        }
        last = entry;
        if (properties_match(entry->properties, entry->core, entry->pid, filter)) {
            part->found[part->count++] = entry;
            part->bytes += record_bytes(entry);
        }
    }
}

errval_t selection_make(const char *prefix, const char *filter, const char *after, struct rpc_bytes *entries,
                        struct rpc_bytes *next)
{
    struct part part;
    find(prefix, filter, after, &part);
    char *records = malloc(part.bytes + 1), *text = strdup(part.next), *at = records;
    if (!records || !text) {
        free(records);
        free(text);
        return LIB_ERR_MALLOC_FAIL;
    }
    for (unsigned i = 0; i < part.count; i++) {
        at = put_record(at, part.found[i]);
    }
    *entries = (struct rpc_bytes){records, part.bytes, true};
    *next = (struct rpc_bytes){text, strlen(text) + 1, true};
    return SYS_ERR_OK;
}
