//! A page in the browser: opened, looked at, asked.

use serde_json::{Value, json};

use crate::pipe::{Browser, Trouble};

/// A page, and the browser it lives in.
pub struct Page {
    browser: Browser,
    session: String,
}

/// How the reader wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// Light letters on a dark ground.
    pub dark: bool,
    /// Nothing may move.
    pub still: bool,
    /// On paper.
    pub print: bool,
}

/// What a page did besides being there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Lines of the console, what the policy refused, and what was thrown.
    pub complaints: Vec<String>,
    /// Addresses asked for.
    pub requests: Vec<String>,
}

// === impl Page ===

impl Page {
    /// An empty page in this browser.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn new(mut browser: Browser) -> Result<Self, Trouble> {
        let target = browser.tell(None, "Target.createTarget", json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.tell(None, "Target.attachToTarget", attach)?;
        let session = session["sessionId"].as_str().unwrap_or_default().to_owned();
        let mut page = Self { browser, session };
        for domain in [
            "Page.enable",
            "Runtime.enable",
            "Log.enable",
            "Network.enable",
            "Accessibility.enable",
        ] {
            page.tell(domain, json!({}))?;
        }
        Ok(page)
    }

    /// Opens an address, and waits until all of it is there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&mut self, address: &str) -> Result<(), Trouble> {
        let opened = self.tell("Page.navigate", json!({ "url": address }))?;
        if let Some(error) = opened["errorText"].as_str() {
            return Err(Trouble::Refused(format!("{address}: {error}")));
        }
        self.browser.await_event("Page.loadEventFired").map(|_| ())
    }

    /// Makes the screen so large, in pixels of the style; `scale` makes pictures finer.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn screen(&mut self, width: u32, height: u32, scale: f64) -> Result<(), Trouble> {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600,
        });
        self.tell("Emulation.setDeviceMetricsOverride", size).map(|_| ())
    }

    /// Wants it like this.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn media(&mut self, media: Media) -> Result<(), Trouble> {
        let scheme = if media.dark { "dark" } else { "light" };
        let motion = if media.still { "reduce" } else { "no-preference" };
        let wanted = json!({
            "media": if media.print { "print" } else { "screen" },
            "features": [
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": motion },
            ],
        });
        self.tell("Emulation.setEmulatedMedia", wanted).map(|_| ())
    }

    /// The value of an expression, asked by us and not by the page.
    ///
    /// # Errors
    /// When it throws.
    pub fn ask(&mut self, expression: &str) -> Result<Value, Trouble> {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.tell("Runtime.evaluate", asked)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(Trouble::Refused(thrown.to_string())),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Presses a key, such as `Tab` or `Enter`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn press(&mut self, key: &str) -> Result<(), Trouble> {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            _ => 0,
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code,
                "text": if kind == "keyDown" { text } else { "" },
            });
            self.tell("Input.dispatchKeyEvent", event)?;
        }
        Ok(())
    }

    /// Role and name of everything that tools for the blind are told of.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn told_aloud(&mut self) -> Result<Vec<(String, String)>, Trouble> {
        let tree = self.tell("Accessibility.getFullAXTree", json!({}))?;
        let nodes = tree["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let word = |node: &Value, field: &str| {
            node[field]["value"].as_str().unwrap_or_default().to_owned()
        };
        let heard = nodes.iter().filter(|node| node["ignored"] == false);
        Ok(heard.map(|node| (word(node, "role"), word(node, "name"))).collect())
    }

    /// A picture (PNG, in base 64) of the screen.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn picture(&mut self) -> Result<String, Trouble> {
        let mut shot = self.tell("Page.captureScreenshot", json!({ "format": "png" }))?;
        match shot["data"].take() {
            Value::String(data) => Ok(data),
            _ => Err(Trouble::Silent("Page.captureScreenshot")),
        }
    }

    /// What the page did since it was last asked.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn said(&mut self) -> Result<Said, Trouble> {
        // What was under way is there after one more question.
        self.ask("new Promise(done => setTimeout(done, 50))")?;
        let mut said = Said::default();
        for event in std::mem::take(&mut self.browser.events) {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.consoleAPICalled" => said.complaints.push(params["args"].to_string()),
                "Runtime.exceptionThrown" => {
                    said.complaints.push(params["exceptionDetails"].to_string());
                }
                "Log.entryAdded" => said.complaints.push(params["entry"]["text"].to_string()),
                "Network.requestWillBeSent" => {
                    let address = params["request"]["url"].as_str();
                    said.requests.push(address.unwrap_or_default().to_owned());
                }
                _ => {}
            }
        }
        Ok(said)
    }

    fn tell(&mut self, method: &'static str, params: Value) -> Result<Value, Trouble> {
        self.browser.tell(Some(&self.session), method, params)
    }
}
