// Custom functions of a team.
import { found, make, refusal } from './client.mjs';

const code = 'function half(number) {\n    return number / 2;\n}';
const made = await make.functions.create(1, { name: 'half', description: 'Half of it.', code });
const better = 'function half(number) {\n    return Number(number) / 2;\n}';
const updated = await make.functions.update(made.id, { code: better });
const result = {
    made,
    updated: updated.code,
    read: await make.functions.get(made.id),
    listed: (await make.functions.list(1)).map(one => one.name),
    history: await make.functions.history(1, made.id),
    fine: await make.functions.check(1, code),
    wrong: await make.functions.check(1, 'function half( {'),
    reserved: await refusal(
        make.functions.create(1, { name: 'delete', description: '', code: 'function delete() {}' })
    ),
};
await make.functions.delete(made.id);
found({ ...result, gone: await refusal(make.functions.get(made.id)) });
