#include <aos/capabilities.h>
#include <aos/names.h>
#include <aos/nameservice.h>
#include <aos/slot_alloc.h>
#include <interfaces/message.h>
#include <names/exports.h>
#include <names/handlers.h>
#include <stdlib.h>
#include <string.h>

errval_t nameservice_register_properties(const char *name, nameservice_receive_handler_t recv_handler,
                                         void *st, const char *properties)
{
    struct handler *handler = handler_create(recv_handler, st);
    if (!handler) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = names_export_with(name, properties, &handler_service, handler);
    if (err_is_fail(err)) {
        handler_remove(handler);
    }
    return err;
}

errval_t nameservice_register(const char *name, nameservice_receive_handler_t recv_handler, void *st)
{
    return nameservice_register_properties(name, recv_handler, st, NULL);
}

errval_t nameservice_deregister(const char *name)
{
    struct handler *handler = names_export_context(name);
    errval_t err = handler ? names_withdraw(name) : NAMES_ERR_NO_NAME;
    // If two threads do this at once one of them gets an error.
    if (handler && err_no(err) != NAMES_ERR_NO_NAME) {
        handler_remove(handler);
    }
    return err;
}

errval_t nameservice_lookup(const char *name, nameservice_chan_t *nschan)
{
    struct rpc_client *client;
    errval_t err = names_connect(name, &message_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    err = message_open(client, name);
    if (err_is_fail(err)) {
        rpc_disconnect(client);
        return err;
    }
    *nschan = client;
    return SYS_ERR_OK;
}

void nameservice_close(nameservice_chan_t nschan)
{
    rpc_disconnect(nschan);
}

/// Puts a capability that came into the caller's slot.
static errval_t put(struct rpc_client *client, uint32_t number, struct capref slot)
{
    struct capref taken;
    errval_t err = message_fetch(client, number, &taken);
    if (err_is_ok(err)) {
        err = cap_move(slot, taken);
        if (err_is_fail(err)) {
            cap_discard(taken);
        } else {
            slot_free(taken);
        }
    }
    return err;
}

errval_t nameservice_rpc(nameservice_chan_t chan, void *message, size_t bytes, void **response,
                         size_t *response_bytes, struct capref tx_cap, struct capref rx_cap)
{
    struct rpc_client *client = chan;
    const bool gives = !capref_is_null(tx_cap);
    if (!response && !gives) {
        errval_t err = message_post(client, message, bytes);
        if (err != RPC_ERR_TOO_LONG && err != RPC_ERR_BUSY) {
            return err;
        }
    }
    void *data;
    size_t data_bytes;
    uint32_t number;
    errval_t err = gives ? message_exchange_cap(client, message, bytes, tx_cap, &data, &data_bytes, &number)
                         : message_exchange(client, message, bytes, &data, &data_bytes, &number);
    if (err_is_ok(err) && number && !capref_is_null(rx_cap)) {
        err = put(client, number, rx_cap);
        if (err_is_fail(err)) {
            free(data);
        }
    }
    if (err_is_fail(err)) {
        return err;
    }
    if (response) {
        *response = data;
        *response_bytes = data_bytes;
    } else {
        free(data);
    }
    return SYS_ERR_OK;
}

errval_t nameservice_enumerate_properties(const char *query, const char *properties, size_t *num,
                                          char **result)
{
    struct names_entry *entries;
    size_t count, i;
    errval_t err = names_list(query, properties, &entries, &count);
    if (err_is_fail(err)) {
        return err;
    }
    for (i = 0; i < count && i < *num && err_is_ok(err); i++) {
        result[i] = strdup(entries[i].name);
        err = result[i] ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
    }
    free(entries);
    if (err_is_fail(err)) {
        while (i-- > 0) {
            free(result[i]);
        }
        return err;
    }
    *num = i;
    return SYS_ERR_OK;
}

errval_t nameservice_enumerate(const char *query, size_t *num, char **result)
{
    return nameservice_enumerate_properties(query, NULL, num, result);
}
