// Draws with a client of somebody else's. A job comes as JSON on the standard input:
// {client, url, key, model, ask}; what the client made of it leaves as JSON:
// {images: [{url} | {base64, mediaType}], previews, error: {name, status, message}}.
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

const withVercel = (name, make) => async ({ url, key, model, ask }) => {
  const { generateImage } = await import("ai");
  const provider = (await import(name))[make]({ name: "sandbox", baseURL: url, apiKey: key });
  const asked = { model: provider.imageModel(model), maxRetries: 0, ...ask };
  const { images } = await generateImage(asked);
  return { images: images.map(({ base64, mediaType }) => ({ base64, mediaType })) };
};

const VERCEL = {
  "@ai-sdk/openai": "createOpenAI",
  "@ai-sdk/openai-compatible": "createOpenAICompatible",
  "@openrouter/ai-sdk-provider": "createOpenRouter",
};
const CLIENTS = { openai: withOpenAI, "@openrouter/sdk": withOpenRouter };
for (const [name, make] of Object.entries(VERCEL)) CLIENTS[name] = withVercel(name, make);

globalThis.AI_SDK_LOG_WARNINGS = false;
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const job = JSON.parse(Buffer.concat(chunks).toString("utf8"));
let made;
try {
  made = await CLIENTS[job.client](job);
} catch (error) {
  const status = error.status ?? error.statusCode ?? null;
  made = { images: [], error: { name: error.name, status, message: error.message } };
}
process.stdout.write(JSON.stringify(made));
