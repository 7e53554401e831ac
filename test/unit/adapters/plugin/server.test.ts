import assert from "node:assert/strict";

import { type requestCallback, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { Plugin } from "../../../../provider/adapters/plugin/provider";
import { ConstructCancelled, servePlugin } from "../../../../provider/adapters/plugin/server";
import { systemHost } from "../../../../provider/adapters/systemHost";
import { markSecret } from "../../../../provider/engine/wire";
import { Board, noteOn } from "../support/note";

const URN = "urn:pulumi:test::server::talos-pki:index:Note::it";
const struct = (properties: object): Struct => Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
const plain = (properties: Struct | undefined): unknown => properties?.toJavaScript();

describe("The plugin's server", () => {
  let board: Board;
  let client: ResourceProviderClient;
  let lines: string[];
  let attachedTo: string[];
  let rejectConstruct: (error: Error) => void = () => undefined;
  let close: () => void;

  beforeEach(async () => {
    board = new Board();
    lines = [];
    attachedTo = [];
    const log = { say: (_: string, line: string): void => void lines.push(line), flush: () => Promise.resolve() };
    const plugin = new Plugin({ host: systemHost, log, definitions: { Note: noteOn(board) } });
    const server = await servePlugin({
      getPlugin: () => plugin,
      version: "1.2.3",
      getSchema: () => Promise.resolve('{"name":"talos-pki"}'),
      attach: (address) => void attachedTo.push(address),
      construct: () =>
        new Promise((_, reject) => {
          rejectConstruct = reject;
        }),
      cancelConstruct: () => {
        rejectConstruct(new ConstructCancelled("is not complete"));
      },
    });
    client = new ResourceProviderClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    close = () => {
      client.close();
      server.close();
    };
  });

  afterEach(() => {
    close();
  });

  const call = <T>(start: (callback: requestCallback<T>) => unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      start((error, response) => {
        if (error !== null) reject(error);
        else resolve(response as T);
      });
    });
  const failureOf = <T>(start: (callback: requestCallback<T>) => unknown): Promise<ServiceError> =>
    call(start).then(
      () => assert.fail("must be rejected"),
      (error: unknown) => error as ServiceError,
    );
  const creation = (text: string, preview = false): messages.CreateRequest =>
    new messages.CreateRequest().setUrn(URN).setPreview(preview).setProperties(struct({ text }));

  it("tells what it is", async () => {
    const info = await call<{ getVersion(): string }>((done) => client.getPluginInfo(new Empty(), done));
    assert.equal(info.getVersion(), "1.2.3");
    const request = new messages.GetSchemaRequest();
    const schema = await call<messages.GetSchemaResponse>((done) => client.getSchema(request, done));
    assert.equal(schema.getSchema(), '{"name":"talos-pki"}');
    const newer = await failureOf((done) => client.getSchema(new messages.GetSchemaRequest().setVersion(1), done));
    assert.equal(newer.details, "there is no schema of version 1; must be 0");
    await call((done) => client.attach(new PluginAttach().setAddress("127.0.0.1:1"), done));
    assert.deepEqual(attachedTo, ["127.0.0.1:1"]);
  });

  it("takes secrets, resources and its configuration, which it checks before", async () => {
    const wrong = { auditLog: markSecret(true), version: "1.2.3" };
    const request = new messages.CheckRequest().setNews(struct(wrong));
    const checked = await call<messages.CheckResponse>((done) => client.checkConfig(request, done));
    const reasons = checked.getFailuresList().map((failure) => failure.toObject());
    assert.deepEqual(reasons, [{ property: "", reason: "provider.auditLog: is a boolean; must be a string" }]);
    assert.deepEqual(plain(checked.getInputs()), wrong);

    const args = new messages.ConfigureRequest().setArgs(struct(wrong));
    const configured = await call<messages.ConfigureResponse>((done) => client.configure(args, done));
    const { acceptsecrets, acceptresources, acceptoutputs, supportspreview } = configured.toObject();
    assert.deepEqual([acceptsecrets, acceptresources, acceptoutputs, supportspreview], [true, true, true, false]);
    const check = new messages.CheckRequest().setUrn(URN).setNews(struct({ text: "a" }));
    const failed = await call<messages.CheckResponse>((done) => client.check(check, done));
    assert.equal(failed.getFailuresList()[0]?.getReason(), reasons[0]?.reason);

    await call((done) => client.configure(new messages.ConfigureRequest(), done));
    const passed = await call<messages.CheckResponse>((done) => client.check(check, done));
    assert.deepEqual([passed.getFailuresList(), plain(passed.getInputs())], [[], { text: "a" }]);
  });

  it("serves the life of a resource", async () => {
    const inputs = struct({ text: "hello", token: markSecret("s3cret") });
    const request = new messages.CreateRequest().setUrn(URN).setProperties(inputs);
    const created = await call<messages.CreateResponse>((done) => client.create(request, done));
    const outputs = { text: "hello", found: "hello", isTorn: false, key: markSecret("s3cret") };
    assert.deepEqual([created.getId(), plain(created.getProperties())], ["note-1", outputs]);

    const diffOf = async (olds: object): Promise<unknown> => {
      const diff = new messages.DiffRequest().setUrn(URN).setOlds(struct(olds)).setNews(inputs);
      return (await call<messages.DiffResponse>((done) => client.diff(diff, done))).getChanges();
    };
    const { DIFF_SOME, DIFF_UNKNOWN } = messages.DiffResponse.DiffChanges;
    assert.equal(await diffOf(outputs), DIFF_UNKNOWN);
    assert.equal(await diffOf({ ...outputs, found: "hullo" }), DIFF_SOME);

    const update = new messages.UpdateRequest()
      .setUrn(URN)
      .setOlds(struct(outputs))
      .setNews(struct({ text: "bye" }));
    const updated = await call<messages.UpdateResponse>((done) => client.update(update, done));
    assert.deepEqual(plain(updated.getProperties()), {
      ...outputs,
      text: "bye",
      found: "bye",
      key: markSecret("none"),
    });

    const read = new messages.ReadRequest().setUrn(URN).setId("note-1").setProperties(updated.getProperties());
    const found = await call<messages.ReadResponse>((done) => client.read(read, done));
    assert.deepEqual([found.getId(), found.hasInputs()], ["note-1", false]);
    assert.deepEqual(plain(found.getProperties()), plain(updated.getProperties()));

    const deletion = new messages.DeleteRequest().setUrn(URN).setProperties(found.getProperties());
    await call((done) => client.delete(deletion, done));
    assert.equal(board.notes.size, 0);
    const gone = await call<messages.ReadResponse>((done) => client.read(read, done));
    assert.equal(gone.getId(), "");
  });

  it("makes nothing in a preview", async () => {
    const created = await call<messages.CreateResponse>((done) => client.create(creation("hello", true), done));
    assert.deepEqual([created.getId(), plain(created.getProperties())], ["", { text: "hello" }]);
    const update = new messages.UpdateRequest()
      .setUrn(URN)
      .setPreview(true)
      .setNews(struct({ text: "bye" }));
    const updated = await call<messages.UpdateResponse>((done) => client.update(update, done));
    assert.deepEqual(plain(updated.getProperties()), { text: "bye" });
    assert.equal(board.notes.size, 0);
  });

  it("reads an import, which has no properties", async () => {
    const request = new messages.ReadRequest().setUrn(URN).setId("note-1");
    const { code, details } = await failureOf((done) => client.read(request, done));
    assert.equal(code, status.UNKNOWN);
    assert.match(details, /^id: Note cannot be imported: /);
  });

  it("aborts what is under way when the user cancels, and nothing that comes after", async () => {
    board.hangs = true;
    const waits = failureOf((done) => client.create(creation("hello"), done));
    while (lines.length === 0) await new Promise(setImmediate);
    await call((done) => client.cancel(new Empty(), done));
    assert.equal((await waits).details, "was cancelled; nothing is written");
    board.hangs = false;
    await call((done) => client.create(creation("hello"), done));
    assert.equal(board.notes.size, 1);
  });

  it("answers for a component before it has cancelled: the engine closes the connection then", async () => {
    const construct = failureOf((done) => client.construct(new messages.ConstructRequest(), done));
    // Another request has been answered, so that one has arrived.
    await call((done) => client.getPluginInfo(new Empty(), done));
    const order: string[] = [];
    const cancelled = call((done) => client.cancel(new Empty(), done)).then(() => order.push("cancelled"));
    const { code, details } = await construct;
    order.push("answered");
    await cancelled;
    assert.deepEqual([code, details], [status.CANCELLED, "is not complete"]);
    assert.deepEqual(order, ["answered", "cancelled"]);
  });

  it("answers what was changed by half in a way that the engine stores, however large it is", async () => {
    board.tears = true;
    const text = "hello ".repeat(2_000);
    const { code, details, metadata } = await failureOf((done) => client.create(creation(text), done));
    assert.deepEqual([code, details], [status.UNKNOWN, "text: is written by half; run it again"]);
    const [bytes] = metadata.get("grpc-status-details-bin");
    const [detail] = Status.deserializeBinary(bytes as Buffer).getDetailsList();
    assert.equal(detail?.getTypeName(), "pulumirpc.ErrorResourceInitFailed");
    const failure = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
    assert.deepEqual([failure.getId(), failure.getReasonsList()], ["note-1", [details]]);
    const found = text.slice(0, text.length / 2);
    assert.deepEqual(plain(failure.getProperties()), { text, found, isTorn: true, key: markSecret("none") });
  });

  it("answers UNIMPLEMENTED to what it does not serve", async () => {
    const request = new messages.CallRequest();
    const { code } = await failureOf((done) => client.call(request, done));
    assert.equal(code, status.UNIMPLEMENTED);
  });
});
