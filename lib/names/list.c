#include <aos/names.h>
#include <names/client.h>
#include <stdlib.h>
#include <string.h>

/// Takes a string of a record. \return what lies behind it; NULL if it is none that has so much room
static const char *take_string(const char *at, const char *end, char *to, size_t room)
{
    const size_t length = strnlen(at, (size_t)(end - at));
    if (length == (size_t)(end - at) || length >= room) {
        return NULL;
    }
    memcpy(to, at, length + 1);
    return at + length + 1;
}

static const char *take_record(const char *at, const char *end, struct names_entry *entry)
{
    uint32_t numbers[3];
    if ((size_t)(end - at) < sizeof(numbers)) {
        return NULL;
    }
    memcpy(numbers, at, sizeof(numbers));
    at += sizeof(numbers);
    entry->core = (coreid_t)numbers[0];
    entry->pid = numbers[1];
    at = take_string(at, end, entry->name, sizeof(entry->name));
    at = at ? take_string(at, end, entry->properties, sizeof(entry->properties)) : NULL;
    return at && names_service_of(entry->name, entry->pid, numbers[2], entry->service) ? at : NULL;
}

struct list {
    struct names_entry *entries;
    size_t count, room;
};

static errval_t append(struct list *list, const char *records, size_t bytes)
{
    const char *at = records, *const end = records + bytes;
    while (at && at < end) {
        if (list->count == list->room) {
            const size_t room = list->room ? 2 * list->room : 16;
            struct names_entry *larger = realloc(list->entries, room * sizeof(*larger));
            if (!larger) {
                return LIB_ERR_MALLOC_FAIL;
            }
            list->entries = larger;
            list->room = room;
        }
        at = take_record(at, end, &list->entries[list->count]);
        list->count += at != NULL;
    }
    return at || bytes == 0 ? SYS_ERR_OK : RPC_ERR_PROTOCOL;
}

/// Adds the next part. \param after where it begins; set to where the next one does, or NULL
static errval_t add_part(struct list *list, const char *prefix, const char *filter, char **after)
{
    void *records = NULL;
    size_t bytes = 0;
    char *next = NULL;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_select(call.client, prefix, filter, *after ? *after : "", &records, &bytes, &next);
    }
    if (err_is_fail(call.err)) {
        return call.err;
    }
    errval_t err = append(list, records, bytes);
    free(records);
    free(*after);
    *after = next;
    if (next[0] == 0) {
        free(next);
        *after = NULL;
    }
    return err;
}

errval_t names_list(const char *prefix, const char *filter, struct names_entry **entries, size_t *count)
{
    struct list list = {0};
    char *after = NULL;
    errval_t err;
    do {
        err = add_part(&list, prefix ? prefix : "", filter ? filter : "", &after);
    } while (err_is_ok(err) && after);
    free(after);
    if (err_is_fail(err)) {
        free(list.entries);
        return err;
    }
    *entries = list.entries;
    *count = list.count;
    return SYS_ERR_OK;
}
