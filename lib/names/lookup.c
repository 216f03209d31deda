#include <aos/names.h>
#include <aos/text.h>
#include <names/client.h>
#include <stdlib.h>
#include <string.h>

bool names_service_of(const char *name, domainid_t pid, uint32_t instance, char *service)
{
    struct text text;
    text_init(&text, service, NAMES_SERVICE_BYTES);
    if (instance) {
        text_add(&text, "@");
        text_add_unsigned(&text, pid);
        text_add(&text, ".");
        text_add_unsigned(&text, instance);
        return true; // two numbers are short enough
    }
    const char *first = strchr(name, '/'), *last = strrchr(name, '/');
    const size_t length = first && last > first ? (size_t)(last - first) - 1 : 0;
    if (length == 0 || length >= NAMES_SERVICE_BYTES) {
        return false;
    }
    memcpy(service, first + 1, length);
    service[length] = 0;
    return true;
}

static errval_t put(struct names_entry *entry, const char *name, uint32_t core, uint32_t pid,
                    uint32_t instance, const char *properties)
{
    if (strlen(name) >= sizeof(entry->name) || strlen(properties) >= sizeof(entry->properties)
        || !names_service_of(name, pid, instance, entry->service)) {
        return RPC_ERR_PROTOCOL;
    }
    entry->core = (coreid_t)core;
    entry->pid = pid;
    strcpy(entry->name, name);
    strcpy(entry->properties, properties);
    return SYS_ERR_OK;
}

errval_t names_lookup(const char *name, struct names_entry *entry)
{
    uint32_t core = 0, pid = 0, instance = 0;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_find(call.client, name, &core, &pid, &instance);
    }
    return err_is_ok(call.err) ? put(entry, name, core, pid, instance, "") : call.err;
}

errval_t names_describe(const char *name, struct names_entry *entry)
{
    uint32_t core = 0, pid = 0, instance = 0;
    char *properties = NULL;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_inspect(call.client, name, &core, &pid, &instance, &properties);
    }
    if (err_is_ok(call.err)) {
        call.err = put(entry, name, core, pid, instance, properties);
        free(properties);
    }
    return call.err;
}

errval_t names_wait(const char *name, uint64_t deadline_us, struct names_entry *entry)
{
    uint32_t core = 0, pid = 0, instance = 0;
    struct names_entry ignored;
    struct names_call call = {0};
    const uint64_t before = rpc_set_deadline(deadline_us);
    if (before < deadline_us) {
        rpc_set_deadline(before);
    }
    while (names_call(&call)) {
        call.err = names_await(call.client, name, &core, &pid, &instance);
    }
    rpc_set_deadline(before);
    return err_is_ok(call.err) ? put(entry ? entry : &ignored, name, core, pid, instance, "") : call.err;
}

errval_t names_connect(const char *name, const struct rpc_interface *interface, struct rpc_client **client)
{
    char service[NAMES_SERVICE_BYTES];
    uint32_t core = 0, pid = 0, instance = 0;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_find(call.client, name, &core, &pid, &instance);
    }
    if (err_is_fail(call.err)) {
        return call.err;
    }
    return names_service_of(name, pid, instance, service)
               ? rpc_connect_at((coreid_t)core, service, interface, client)
               : RPC_ERR_PROTOCOL;
}
