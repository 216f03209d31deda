#include <spawn/vectors.h>
#include <string.h>

/// Adds strings to what was counted. \return false if they are too long
static bool count_strings(const char *const *strings, size_t *count, size_t *text_bytes)
{
    for (*count = 0; strings && strings[*count]; ++*count) {
        size_t room = ARGUMENTS_LIMIT_BYTES - *text_bytes;
        size_t length = strnlen(strings[*count], room);
        if (length == room) {
            return false;
        }
        *text_bytes += length + 1;
    }
    return true;
}

/// True if there are exactly `count` strings in the text, with nothing behind the last.
static bool is_packed(const char *text, size_t bytes, size_t count)
{
    const char *end = text + bytes;
    for (; count > 0 && text < end; count--) {
        size_t length = strnlen(text, (size_t)(end - text));
        if (text + length == end) {
            return false;
        }
        text += length + 1;
    }
    return count == 0 && text == end;
}

errval_t arguments_measure(const struct spawn_request *request, struct arguments_size *size)
{
    *size = (struct arguments_size){0};
    if (request->packed) {
        size->argc = request->argc;
        size->envc = request->envc;
        size->text_bytes = request->packed_bytes;
        if (size->text_bytes > ARGUMENTS_LIMIT_BYTES) {
            return LIB_ERR_ARGUMENTS_TOO_LONG;
        }
        if (!is_packed(request->packed, size->text_bytes, size->argc + size->envc)) {
            return SYS_ERR_INVALID_ARGUMENT;
        }
    } else if (!count_strings(request->argv, &size->argc, &size->text_bytes)
               || !count_strings(request->envp, &size->envc, &size->text_bytes)) {
        return LIB_ERR_ARGUMENTS_TOO_LONG;
    }
    if (size->argc + size->envc > ARGUMENTS_LIMIT_COUNT) {
        return LIB_ERR_ARGUMENTS_TOO_LONG;
    }
    size->bytes =
        sizeof(struct domain_arguments) + (size->argc + size->envc + 2) * sizeof(char *) + size->text_bytes;
    return SYS_ERR_OK;
}

/// Where the next string goes.
struct writer {
    char *text;          ///< In our memory.
    lvaddr_t text_there; ///< The same place in the child.
    char **vector;
};

static void put_address(struct writer *writer, size_t string_bytes)
{
    *writer->vector++ = (char *)writer->text_there;
    writer->text += string_bytes;
    writer->text_there += string_bytes;
}

static void write_strings(struct writer *writer, const char *const *strings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(strings[i]) + 1;
        memcpy(writer->text, strings[i], bytes);
        put_address(writer, bytes);
    }
    *writer->vector++ = NULL;
}

/// Of strings that are in their place already.
static void write_addresses(struct writer *writer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_address(writer, strlen(writer->text) + 1);
    }
    *writer->vector++ = NULL;
}

void arguments_write(const struct spawn_request *request, const struct arguments_size *size,
                     struct domain_arguments *arguments, lvaddr_t address)
{
    size_t vector_bytes = (size->argc + size->envc + 2) * sizeof(char *);
    struct writer writer = {
        .text = (char *)arguments->vectors + vector_bytes,
        .text_there = address + sizeof(*arguments) + vector_bytes,
        .vector = arguments->vectors,
    };
    arguments->bytes = size->bytes;
    arguments->argc = (uint32_t)size->argc;
    arguments->envc = (uint32_t)size->envc;
    if (request->packed) {
        memcpy(writer.text, request->packed, size->text_bytes);
        write_addresses(&writer, size->argc);
        write_addresses(&writer, size->envc);
    } else {
        write_strings(&writer, request->argv, size->argc);
        write_strings(&writer, request->envp, size->envc);
    }
}
