// Draws with a client of somebody else's. A job comes as JSON on the standard input:
// {client, url, key, model, ask, hosts}; what the client made of it leaves as JSON:
// {images: [{url} | {base64, mediaType}], previews, error: {name, status, message}}.
// `hosts` are the provider's own, {its: the sandbox's}: an answer names them as documented.
// No client repeats a request: what is asked once is charged once.

const shown = (item) =>
  item.url ? { url: item.url } : { base64: item.b64_json ?? item.b64Json, mediaType: item.mediaType };

async function events(stream, isPicture) {
  const seen = [];
  for await (const event of stream) seen.push(event);
  return {
    images: seen.filter((each) => isPicture(each, "completed")).map(shown),
    previews: seen.filter((each) => isPicture(each, "partial_image")).map(shown),
  };
}

async function withOpenAI({ url, key, model, ask }) {
  const { OpenAI } = await import("openai");
  const client = new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });
  const made = await client.images.generate({ model, ...ask });
  if (!ask.stream) return { images: made.data.map(shown) };
  return events(made, (event, kind) => event.type === `image_generation.${kind}`);
}

async function withOpenRouter({ url, key, model, ask }) {
  const { OpenRouter } = await import("@openrouter/sdk");
  const client = new OpenRouter({ serverURL: url, apiKey: key, retryConfig: { strategy: "none" } });
  const made = await client.images.generate({ imageGenerationRequest: { model, ...ask } });
  if (!ask.stream) return { images: made.data.map(shown) };
  return events(made, (event, kind) => (event.data ?? event).type === `image_generation.${kind}`);
}

// A provider of Vercel's AI SDK is a row: what makes it, the name that its key has, and what its
// requests go through where it asks for something else than what is played.
const AI_SDK = {
  "@ai-sdk/black-forest-labs": { make: "createBlackForestLabs" },
  "@ai-sdk/fal": { make: "createFal", through: queued },
  "@ai-sdk/google": { make: "createGoogleGenerativeAI" },
  "@ai-sdk/openai": { make: "createOpenAI" },
  "@ai-sdk/openai-compatible": { make: "createOpenAICompatible" },
  "@ai-sdk/replicate": { make: "createReplicate", key: "apiToken" },
  "@ai-sdk/togetherai": { make: "createTogetherAI" },
  "@openrouter/ai-sdk-provider": { make: "createOpenRouter" },
};

async function withVercel({ client, url, key, model, ask, hosts }) {
  const { generateImage } = await import("ai");
  const row = AI_SDK[client];
  const led = (address, init) => fetch(ledTo(hosts, String(address)), init);
  const asking = row.through ? (address, init) => row.through(led, address, init) : led;
  const settings = { name: "sandbox", baseURL: url, [row.key ?? "apiKey"]: key, fetch: asking };
  const provider = (await import(client))[row.make](settings);
  const asked = { model: provider.imageModel(model), maxRetries: 0, ...ask };
  const { images } = await generateImage(asked);
  return { images: images.map(({ base64, mediaType }) => ({ base64, mediaType })) };
}

function ledTo(hosts, address) {
  const host = Object.keys(hosts).find((each) => address.startsWith(`${each}/`));
  return host ? hosts[host] + address.slice(host.length) : address;
}

// fal's provider asks fal.run, which holds its answer back until it is drawn; the sandbox plays the
// queue, which has the same requests and the same results.
async function queued(ask, address, init) {
  const created = await ask(address, init);
  if (init.method !== "POST" || !created.ok) return created;
  const { headers } = init;
  const { status_url, response_url } = await created.json();
  while ((await (await ask(status_url, { headers })).json()).status !== "COMPLETED") {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return ask(response_url, { headers });
}

const CLIENTS = { openai: withOpenAI, "@openrouter/sdk": withOpenRouter };

globalThis.AI_SDK_LOG_WARNINGS = false;
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const job = JSON.parse(Buffer.concat(chunks).toString("utf8"));
let made;
try {
  made = await (CLIENTS[job.client] ?? withVercel)(job);
} catch (error) {
  const status = error.status ?? error.statusCode ?? null;
  made = { images: [], error: { name: error.name, status, message: error.message } };
}
process.stdout.write(JSON.stringify(made));
