#include <aos_rpc/channel.h>
#include <interfaces/serial.h>

errval_t aos_rpc_serial_putchar(struct aos_rpc *chan, char c)
{
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &serial_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, serial_putchar(client, (uint8_t)c)) : err;
}

errval_t aos_rpc_serial_getchar(struct aos_rpc *chan, char *retc)
{
    struct rpc_client *client;
    uint8_t character;
    errval_t err = aos_rpc_begin(&chan, &serial_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    err = aos_rpc_end(chan, serial_getchar(client, &character));
    if (err_is_ok(err)) {
        *retc = (char)character;
    }
    return err;
}

errval_t aos_rpc_serial_write(struct aos_rpc *chan, const char *text, size_t bytes)
{
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &serial_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    while (bytes && err_is_ok(err)) {
        size_t part = bytes < SERIAL_MAX_TEXT ? bytes : SERIAL_MAX_TEXT;
        err = serial_write(client, text, part);
        text += part;
        bytes -= part;
    }
    return aos_rpc_end(chan, err);
}

errval_t aos_rpc_serial_flush(struct aos_rpc *chan)
{
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &serial_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, serial_flush(client)) : err;
}
