#include <aos/names.h>
#include <names/client.h>
#include <stdlib.h>
#include <string.h>

/// Takes what came; the strings are freed.
static errval_t put(struct names_entry *entry, const char *name, uint32_t core, uint32_t pid, char *service,
                    char *properties)
{
    const bool good = strlen(name) < sizeof(entry->name) && strlen(service) < sizeof(entry->service)
                      && (!properties || strlen(properties) < sizeof(entry->properties));
    if (good) {
        *entry = (struct names_entry){.core = (coreid_t)core, .pid = pid};
        strcpy(entry->name, name);
        strcpy(entry->service, service);
        strcpy(entry->properties, properties ? properties : "");
    }
    free(service);
    free(properties);
    return good ? SYS_ERR_OK : RPC_ERR_PROTOCOL;
}

errval_t names_lookup(const char *name, struct names_entry *entry)
{
    uint32_t core, pid;
    char *service;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_find(call.client, name, &core, &pid, &service);
    }
    return err_is_ok(call.err) ? put(entry, name, core, pid, service, NULL) : call.err;
}

errval_t names_describe(const char *name, struct names_entry *entry)
{
    uint32_t core, pid;
    char *service, *properties;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_inspect(call.client, name, &core, &pid, &service, &properties);
    }
    return err_is_ok(call.err) ? put(entry, name, core, pid, service, properties) : call.err;
}

errval_t names_wait(const char *name, uint64_t deadline_us, struct names_entry *entry)
{
    uint32_t core, pid;
    char *service;
    struct names_entry ignored;
    struct names_call call = {0};
    const uint64_t before = rpc_set_deadline(deadline_us);
    if (before < deadline_us) {
        rpc_set_deadline(before);
    }
    while (names_call(&call)) {
        call.err = names_await(call.client, name, &core, &pid, &service);
    }
    rpc_set_deadline(before);
    return err_is_ok(call.err) ? put(entry ? entry : &ignored, name, core, pid, service, NULL) : call.err;
}

errval_t names_connect(const char *name, const struct rpc_interface *interface, struct rpc_client **client)
{
    uint32_t core, pid;
    char *service;
    struct names_call call = {0};
    while (names_call(&call)) {
        call.err = names_find(call.client, name, &core, &pid, &service);
    }
    if (err_is_ok(call.err)) {
        call.err = names_bind((coreid_t)core, service, interface, client);
        free(service);
    }
    return call.err;
}
