// A webhook that learns its structure from what is sent to it.
import { found, make, refusal } from './client.mjs';

const hook = await make.hooks.create({
    name: 'Orders',
    teamId: 1,
    typeName: 'gateway-webhook',
    data: { headers: false, method: false, stringify: false },
});

async function send(body) {
    const answer = await fetch(hook.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
}

const learning = await make.hooks.ping(hook.id);
const sample = await send({ order: 17, customer: { name: 'Ada' }, paid: true });
const learned = await make.hooks.ping(hook.id);
await make.hooks.learnStart(hook.id);
const again = await make.hooks.ping(hook.id);
await make.hooks.learnStop(hook.id);
const stopped = await make.hooks.ping(hook.id);
const queued = await send({ order: 18 });
const waiting = await make.hooks.get(hook.id);
await make.hooks.disable(hook.id);
const disabled = await make.hooks.get(hook.id);
await make.hooks.enable(hook.id);
const renamed = await make.hooks.rename(hook.id, 'New orders');
const changed = await make.hooks.update(hook.id, {
    data: { headers: true, method: false, stringify: false, ip: null, udt: null },
});
const result = {
    hook,
    learning,
    sample,
    learned,
    again,
    stopped,
    queued,
    waiting: waiting.queueCount,
    disabled: disabled.enabled,
    enabled: renamed.enabled,
    renamed: renamed.name,
    changed,
    data: (await make.hooks.get(hook.id)).data,
    listed: (await make.hooks.list(1, { typeName: 'gateway-webhook', assigned: false })).map(
        one => one.id
    ),
};
await make.hooks.delete(hook.id);
found({ ...result, gone: await refusal(make.hooks.get(hook.id)), afterwards: await send({}) });
